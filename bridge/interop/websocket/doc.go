// Package websocket has clients that put WebSocket, TLS or both around STOMP judge a
// running house: @stomp/stompjs over ws, and stomp.py over websocket-client, as their makers
// ship them.
package websocket
