package selector

// Truth is a value of SQL's three-valued logic.
type Truth uint8

// The values of a condition. Unknown is what comes of a null.
const (
	Unknown Truth = iota
	False
	True
)

// String returns "unknown", "false" or "true".
func (t Truth) String() string {
	switch t {
	case True:
		return "true"
	case False:
		return "false"
	}
	return "unknown"
}

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// not is Jakarta Messaging 3.1, table 3-6.
func (t Truth) not() Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	}
	return Unknown
}

// and is table 3-4.
func (t Truth) and(u Truth) Truth {
	switch {
	case t == False || u == False:
		return False
	case t == True && u == True:
		return True
	}
	return Unknown
}

// or is table 3-5.
func (t Truth) or(u Truth) Truth {
	switch {
	case t == True || u == True:
		return True
	case t == False && u == False:
		return False
	}
	return Unknown
}

// value returns t as an operand of = and <>.
func (t Truth) value() Value {
	if t == Unknown {
		return Value{}
	}
	return Bool(t == True)
}
