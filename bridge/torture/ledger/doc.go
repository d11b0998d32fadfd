// Package ledger keeps what clients were promised and holds a server to it.
//
// A message is an ID, written in its body. What is asked is told before it is
// asked, what is confirmed after it was confirmed, so the ledger knows of each
// message one of:
//
//	asked     it may be there           confirmed, or seen: it must be there
//	ack asked it may be gone            ack confirmed: it must never come back
//
// What stands between two of these is open until a check has looked into the
// store. A check settles everything that is open, and forgets what is gone: the
// ledger is as large as what is waiting, not as what was ever sent. An ID that is
// forgotten and comes all the same has come back.
package ledger
