package simulate

// tag is one of an instance's tags.
type tag struct{ key, value string }

// tags are those of the instance at t; t = 0 asks for those of its launch.
func (l *life) tags(t int64) []tag {
	list := make([]tag, 0, 5)
	if l.name != "" {
		list = append(list, tag{"Name", l.name}, tag{"team", l.team})
	}
	if l.group != "" {
		list = append(list, tag{"aws:autoscaling:groupName", l.group},
			tag{"aws:ec2launchtemplate:id", "lt-0" + string(appendHex(nil, digest(l.group), 16))})
	}
	if l.extraTag != "" && l.taggedAt <= t {
		list = append(list, tag{"cost-center", l.extraTag})
	}
	return list
}

// appendTags writes the tags as an array of {"key","value"}.
func (l *life) appendTags(dst []byte, t int64) []byte {
	dst = append(dst, '[')
	for i, tag := range l.tags(t) {
		dst = text(separate(dst, i), `{"key":"`, tag.key, `","value":"`, tag.value, `"}`)
	}
	return append(dst, ']')
}
