package cloudtrail

import "time"

// parseTime reads an RFC 3339 time into milliseconds since 1970. What
// CloudTrail writes, 2023-07-10T11:55:21Z, is read without detours.
func parseTime(b []byte) (int64, bool) {
	if ms, ok := parseUTC(b); ok {
		return ms, true
	}
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return 0, false
	}
	return t.UnixMilli(), true
}

// parseUTC reads a time of whole seconds in UTC.
func parseUTC(b []byte) (int64, bool) {
	if len(b) != 20 || b[4] != '-' || b[7] != '-' || b[10] != 'T' ||
		b[13] != ':' || b[16] != ':' || b[19] != 'Z' {
		return 0, false
	}
	year := number2(b[0:])*100 + number2(b[2:])
	month, day := number2(b[5:]), number2(b[8:])
	hour, minute, second := number2(b[11:]), number2(b[14:]), number2(b[17:])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	seconds := ((daysSince1970(year, month, day)*24+hour)*60+minute)*60 + second
	return int64(seconds) * 1000, true
}

// number2 reads two digits, or gives something far below zero.
func number2(b []byte) int {
	tens, units := b[0]-'0', b[1]-'0'
	if tens > 9 || units > 9 {
		return -1 << 20
	}
	return int(tens)*10 + int(units)
}

// daysIn is the length of a month.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts the days of the Gregorian calendar. The year is taken
// to begin in March, so that the leap day is its last, and to be 400 later,
// when the calendar is the same, so that the year 0 has one before it.
func daysSince1970(year, month, day int) int {
	year += 400
	if month <= 2 {
		year--
		month += 12
	}
	const marchToEpoch = 719468 + 146097 // days from 1 March of the year 0 to 1970, and of 400 years
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - marchToEpoch
}
