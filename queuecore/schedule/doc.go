// Package schedule says when a message that is sent more than once is due. It is
// pure: it has no clock, no queue and no goroutine.
//
//	           First                Fire                  Fire, no Repeat left
//	Plan ───────────────► waits ───────────► waits again ─────────────────────► over
//	                        │
//	                        └─ of a Cron with a Repeat: a series begins, and the Plan waits again
//
// A [Plan] is what a producer asks for, [Cron] the times of a crontab line.
package schedule
