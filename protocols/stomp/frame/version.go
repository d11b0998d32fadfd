package frame

// Version is a version of STOMP.
//
//	               Unnegotiated  V10           V11        V12
//	line ends with CR LF or LF   CR LF or LF   LF         CR LF or LF
//	escapes        none          none          \n \c \\   \r \n \c \\
//	padding        see Reader    is cut off    is kept    is kept
//	must be UTF-8  no            no            yes        yes
type Version uint8

// The versions. Unnegotiated is in force until CONNECTED has been sent: a CONNECT
// frame must be readable before its version is known.
const (
	Unnegotiated Version = iota
	V10
	V11
	V12
)

// String returns the version as the accept-version header spells it, or "" for
// Unnegotiated.
func (v Version) String() string {
	switch v {
	case V10:
		return "1.0"
	case V11:
		return "1.1"
	case V12:
		return "1.2"
	}
	return ""
}

// escapes reports whether header lines of the command are escaped.
func (v Version) escapes(command string) bool { return v >= V11 && !plain(command) }
