//go:build unix

package socket

import "syscall"

const canTry = true

// tryWrite returns how much of b the socket has taken at once. Go's sockets do
// not block.
func tryWrite(fd uintptr, b []byte) int {
	for {
		n, err := syscall.Write(int(fd), b)
		if err != syscall.EINTR {
			return max(n, 0)
		}
	}
}
