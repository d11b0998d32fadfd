// Package workload is clients of all three dialects at work on one server, each
// of them unmodified, with a ledger of what they asked for and were told.
//
//	queue                 who sends                            who receives
//	torture-work          SQS batches, some delayed; NATS      SQS, NATS, STOMP; some nack
//	                      with message ids; STOMP; large bodies
//	torture-orders.fifo   SQS, in groups, with dedup ids       SQS, in order
//	torture-step-1        STOMP transactions                   STOMP: acks and sends to
//	torture-step-2                                             torture-step-2 in one transaction; NATS
//	torture-fan-a, -b     STOMP and NATS, to a topic           STOMP, NATS
//	torture-purge         NATS; then SQS purges                nobody, until the end
//
// What was sent under an id of its own and not answered is sent again in the next
// run, with the same id, until the window in which the server knows it ends.
package workload
