// Package simulate is an AWS organisation that does not exist: CloudTrail
// logs, DescribeInstances recordings, an EC2 price list, and the truth about
// them.
//
// Options go in; files as AWS would write them come out of a [Sink], together
// with a [Truth]: every event counted, every instance with its seconds and its
// exact list price. The same options give the same bytes, on every machine: no
// clock, no floating point and no map order takes part.
//
// A simulation has two steps. First the lives of all instances are planned
// (lives.go, stories.go): who starts, stops, resizes and forgets what. Then
// each account and region is written by itself, a few minutes at a time
// (stream.go): planned calls and the noise around them (calls.go) become
// records (record.go), and records become files (delivery.go). Memory depends
// on the number of lives and of events in a quarter of an hour, not on the
// number of events.
//
// A third step is a [Live]: the same organisation goes on after its history's
// end, as fast as a clock that it is given. Acts that are told on a loop
// (director.go, acts.go) plan what happens next, noise.go fills up to the rate
// that was asked for, and every delivery is written as AWS writes it, only
// sooner. At any moment it can tell the truth about what a reader should know
// by then (livetruth.go). A demo is
//
//	history := simulate.DemoHistory(now)
//	truth, err := simulate.Write(ctx, dir, history, nil)
//	live, err := simulate.NewLive(simulate.LiveOptions{History: history, Now: time.Now})
//	err = live.Run(ctx, dir)
//
// The package imports nothing of Kopter's readers, and reckons money by
// itself, so that a test may hold Kopter to the truth.
package simulate
