package websocket

import (
	"encoding/binary"
	"io"
)

// The opcodes. RFC 6455, 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	finBit, maskBit = 0x80, 0x80
	// maxControl bounds the payload of a control frame. RFC 6455, 5.5.
	maxControl = 125
)

// header is that of one frame of a client.
type header struct {
	fin    bool
	op     byte
	length uint64
	mask   [4]byte
}

func (h *header) control() bool { return h.op&0x8 != 0 }

// readHeader takes a header off the stream once all of it has come, and the payload
// of a control frame too: after an error that passes, as a deadline does, it can be
// called again.
func (c *Conn) readHeader() (h header, err error) {
	b, err := c.in.Peek(2)
	if err != nil {
		return h, inside(err, len(b))
	}
	if err := h.start(b); err != nil {
		return h, err
	}
	size := 2 + extra(b[1]) + len(h.mask)
	if b, err = c.in.Peek(size); err != nil {
		return h, inside(err, len(b))
	}
	if err := h.finish(b); err != nil {
		return h, err
	}
	if h.control() {
		if b, err = c.in.Peek(size + int(h.length)); err != nil {
			return h, inside(err, len(b))
		}
	}
	_, err = c.in.Discard(size)
	return h, err
}

// inside says of the end of the stream in the middle of a header that it is early.
func inside(err error, got int) error {
	if err == io.EOF && got > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// extra is how many octets of length follow the first two.
func extra(second byte) int {
	switch second &^ maskBit {
	case 126:
		return 2
	case 127:
		return 8
	}
	return 0
}

// start reads the first two octets. RFC 6455, 5.1: "The server MUST close the
// connection upon receiving a frame that is not masked"; 5.2 for the rest.
func (h *header) start(b []byte) error {
	h.fin, h.op = b[0]&finBit != 0, b[0]&0x0F
	switch {
	case b[0]&0x70 != 0:
		return violation(protocolError, "reserved bits are set and no extension was agreed")
	case h.op > opBinary && h.op < opClose || h.op > opPong:
		return violation(protocolError, "unknown opcode %d", h.op)
	case b[1]&maskBit == 0:
		return violation(protocolError, "a client's frame must be masked")
	case h.control() && !h.fin:
		return violation(protocolError, "a control frame must not be fragmented")
	case h.control() && b[1]&^maskBit > maxControl:
		return violation(protocolError, "a control frame has at most %d octets", maxControl)
	}
	return nil
}

// finish reads the length and the mask. RFC 6455, 5.2: "the minimal number of bytes
// MUST be used to encode the length", "the most significant bit MUST be 0".
func (h *header) finish(b []byte) error {
	least := uint64(0)
	switch extra(b[1]) {
	case 0:
		h.length = uint64(b[1] &^ maskBit)
	case 2:
		h.length, least = uint64(binary.BigEndian.Uint16(b[2:])), 126
	case 8:
		h.length, least = binary.BigEndian.Uint64(b[2:]), 1<<16
	}
	if h.length < least || h.length>>63 != 0 {
		return violation(protocolError, "the length of a frame is not spelled as it must be")
	}
	copy(h.mask[:], b[2+extra(b[1]):])
	return nil
}

// unmask takes the mask off b, which begins at an offset in the payload.
func (h *header) unmask(b []byte, offset uint64) {
	var key [8]byte
	for i := range key {
		key[i] = h.mask[(offset+uint64(i))%4]
	}
	word := binary.LittleEndian.Uint64(key[:])
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
	}
	for i := range b {
		b[i] ^= key[i]
	}
}

// appendHeader appends the header of a frame of the server, which has no mask.
func appendHeader(b []byte, fin bool, op byte, length int) []byte {
	if fin {
		op |= finBit
	}
	switch {
	case length < 126:
		return append(b, op, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, op, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(b, op, 127), uint64(length))
}
