package simulate

// civil turns days since 1970-01-01 into a date of the Gregorian calendar; it
// holds for all days after 1 March of the year 0.
func civil(days int64) (year, month, day int64) {
	z := days + 719468 // from 0000-03-01
	era := z / 146097
	dayOfEra := z % 146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153 // March is 0
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	if month > 12 {
		month -= 12
	}
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

func appendPadded(dst []byte, v int64, digits int) []byte {
	for div := pow10(digits - 1); div > 0; div /= 10 {
		dst = append(dst, byte('0'+v/div%10))
	}
	return dst
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func appendDate(dst []byte, t int64, separator string) []byte {
	y, m, d := civil(t / 86400)
	dst = append(appendPadded(dst, y, 4), separator...)
	dst = append(appendPadded(dst, m, 2), separator...)
	return appendPadded(dst, d, 2)
}

func appendClock(dst []byte, t int64) []byte {
	s := t % 86400
	dst = append(appendPadded(dst, s/3600, 2), ':')
	dst = append(appendPadded(dst, s/60%60, 2), ':')
	return appendPadded(dst, s%60, 2)
}

// appendTime appends seconds since 1970 as 2026-01-05T08:00:00Z.
func appendTime(dst []byte, t int64) []byte {
	dst = append(appendDate(dst, t, "-"), 'T')
	return append(appendClock(dst, t), 'Z')
}

// appendStamp appends the moment as file names have it: 20260105T0800Z.
func appendStamp(dst []byte, t int64) []byte {
	dst = append(appendDate(dst, t, ""), 'T')
	dst = appendPadded(dst, t%86400/3600, 2)
	dst = appendPadded(dst, t%3600/60, 2)
	return append(dst, 'Z')
}

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// appendExpiry appends the moment as STS writes it: Jan 5, 2026, 8:00:00 AM.
func appendExpiry(dst []byte, t int64) []byte {
	y, m, d := civil(t / 86400)
	dst = append(append(dst, monthNames[3*m-3:3*m]...), ' ')
	dst = append(appendSmall(dst, d), ", "...)
	dst = append(appendPadded(dst, y, 4), ", "...)
	hour := t % 86400 / 3600
	dst = append(appendSmall(dst, (hour+11)%12+1), ':')
	dst = append(appendPadded(dst, t/60%60, 2), ':')
	dst = appendPadded(dst, t%60, 2)
	if hour < 12 {
		return append(dst, " AM"...)
	}
	return append(dst, " PM"...)
}

func appendSmall(dst []byte, v int64) []byte {
	if v < 10 {
		return appendPadded(dst, v, 1)
	}
	return appendPadded(dst, v, 2)
}

// busyness is how much of a full hour's work happens in each hour of a
// working day, per cent.
var busyness = [24]uint64{14, 12, 11, 11, 12, 16, 28, 52, 80, 96, 100, 97, 84, 90, 98, 95, 86, 70, 50, 38, 30, 24, 20, 17}

// rhythm is the load at a moment, 1 to 100: weekends are quiet.
func rhythm(t int64) uint64 {
	load := busyness[t%86400/3600]
	if weekday := (t/86400 + 4) % 7; weekday == 0 || weekday == 6 {
		return 8 + load/6
	}
	return load
}
