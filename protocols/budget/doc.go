// Package budget lends memory to connections, so that all of them together take no more
// than there is. Who wants more waits. So that nobody can make others wait for ever by
// holding what he has, whoever has had his share for longer than the grace period is ended as soon
// as another waits for it.
package budget
