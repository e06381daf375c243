package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// queueLimit bounds the benchmark of the queue, and its build.
const queueLimit = 10 * time.Minute

// baseline names the runs that the others are compared with.
const baseline = "one_transaction_each"

// queue measures durable messages with the benchmark that stands beside the
// queue, where its baseline is at home.
func (b *bench) queue(ctx context.Context) ([]table, error) {
	if _, err := os.Stat("local"); err != nil {
		return nil, fmt.Errorf("the queue's benchmark runs where the sources are: %w", err)
	}
	b.say("BenchmarkQueue")
	p, err := execute(ctx, queueLimit, nil, "go", "test", "-run", "^$", "-bench", "^BenchmarkQueue$", "-benchtime", queueTime(b.scale), "./local")
	if err != nil {
		return nil, err
	}
	t := table{title: "Queue: durable messages, 128 callers", notes: []string{
		"Each message is on disk before its sender, or who deletes it, goes on. The peer is a table in SQLite with a transaction for each message, as durable, on the same disk.",
	}}
	t.figures, err = queueFigures(p.out)
	return []table{t}, err
}

// queueTime is for how long each way is measured.
func queueTime(scale int64) string {
	if scale > 1 {
		return "200ms"
	}
	return "2s"
}

// queueFigures reads what BenchmarkQueue prints. A way of working comes after
// its baseline.
func queueFigures(out []byte) ([]figure, error) {
	var list []figure
	naive := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		job, way, rate, err := queueLine(lines.Text())
		switch {
		case err != nil:
			return nil, err
		case job == "":
		case way == baseline:
			naive[job] = rate
		default:
			list = append(list, figure{what: job + ", " + way, unit: perSecond, kopter: rate, peer: peer{"one transaction each", naive[job]}})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("BenchmarkQueue has printed no rate:\n%s", tail(out))
	}
	return list, nil
}

// queueLine reads a line such as
// "BenchmarkQueue/send/grouped-2  10000  123456 ns/op  8100 messages/s".
// Other lines have no job.
func queueLine(line string) (job, way string, rate float64, err error) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[len(fields)-1] != "messages/s" {
		return "", "", 0, nil
	}
	name := strings.Split(fields[0], "/")
	if len(name) != 3 {
		return "", "", 0, fmt.Errorf("benchmark %q: want a job and a way of doing it", fields[0])
	}
	way = name[2]
	if at := strings.LastIndexByte(way, '-'); at > 0 {
		way = way[:at] // the number of processors
	}
	rate, err = strconv.ParseFloat(fields[len(fields)-2], 64)
	job = strings.ReplaceAll(name[1], "_", " ")
	if way != baseline {
		way = strings.ReplaceAll(way, "_", " ")
	}
	return job, way, rate, err
}
