// Package hostile has clients that mean no good, one kind of hostility each, for every port of
// a server; and what a good client notices of them.
package hostile
