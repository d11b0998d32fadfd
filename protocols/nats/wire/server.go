package wire

import "strconv"

// What a server says that never changes.
const (
	OK      = "+OK" + crlf
	PingLn  = "PING" + crlf
	PongLn  = "PONG" + crlf
	infoKey = "INFO "
)

// AppendInfo appends an INFO line with the given JSON.
func AppendInfo(dst, json []byte) []byte {
	dst = append(append(dst, infoKey...), json...)
	return append(dst, crlf...)
}

// AppendErr appends an -ERR line. Quotes and line ends in text are replaced,
// since the line has no way to spell them.
func AppendErr(dst []byte, text string) []byte {
	dst = append(dst, "-ERR '"...)
	from := len(dst)
	dst = appendClean(dst, text)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\'' {
			dst[i] = '"'
		}
	}
	return append(dst, "'"+crlf...)
}

// Message is what a MSG or HMSG carries but for the subscription's id. Header is
// a whole block, or empty.
type Message struct {
	Subject, Reply  []byte
	Header, Payload []byte
}

// AppendMsg appends a MSG line and its payload, or an HMSG when m has headers
// and the client takes them (NATS client protocol, "MSG" and "HMSG").
func AppendMsg(dst []byte, m *Message, sid []byte, headers bool) []byte {
	headers = headers && len(m.Header) > 0
	if headers {
		dst = append(dst, 'H')
	}
	dst = append(append(dst, "MSG "...), m.Subject...)
	dst = append(append(dst, ' '), sid...)
	if len(m.Reply) > 0 {
		dst = append(append(dst, ' '), m.Reply...)
	}
	size := len(m.Payload)
	if headers {
		dst = strconv.AppendInt(append(dst, ' '), int64(len(m.Header)), 10)
		size += len(m.Header)
	}
	dst = strconv.AppendInt(append(dst, ' '), int64(size), 10)
	dst = append(dst, crlf...)
	if headers {
		dst = append(dst, m.Header...)
	}
	dst = append(dst, m.Payload...)
	return append(dst, crlf...)
}

// Overhead bounds what AppendMsg adds to the parts of a message.
const Overhead = 64
