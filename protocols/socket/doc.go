// Package socket writes to many sockets with few goroutines. A socket that takes
// what there is at once needs no goroutine of its own to be woken, and no
// deadline; one that does not is left to whoever may wait for it.
package socket
