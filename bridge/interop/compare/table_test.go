package compare_test

// difference is what a house answers otherwise than nats-server 2.15.2 does, and why. In where, which
// names steps, in field, ours and theirs a * is any text.
type difference struct{ where, field, ours, theirs, why string }

// table is what differs. Those of one topic stand together, so that they go together.
var table = join(ofServers, ofAnswers, ofStreams, ofConsumers, ofPublishes, ofAcks, ofInterest, ofSubjects, ofCounts, ofSchedules)

func join(topics ...[]difference) (all []difference) {
	for _, t := range topics {
		all = append(all, t...)
	}
	return all
}

var ofServers = []difference{
	{"INFO line", "api_lvl", absent, "5", "the level is told in the account info, as by 2.12"},
	{"INFO line", "version", "2.12.1", "2.15.2", "the release whose API is served"},
	{"INFO line", "xkey", absent, "*", "a key for auth callouts, which there are none of"},
	{"*", "api.level", "2", "5", "the level of 2.12"},
	{"needs API 4", "outcome", "412/10185 *", done, "the level of 2.12"},
	{"*", "cluster.leader", absent, "*", "one server, no cluster"},
	{"*", "*config.metadata._nats.*", absent, "*", "metadata is what a program wrote; libraries take these out again"},
	{"advisory: API", "outcome", "silence", "told", "no audit of each request of the API"},
}

var ofAnswers = []difference{
	{"names*", "streams", "[]", "null", "an empty list is a list"},
	{"nobody's: *", "outcome", "*", "silence", "an answer that says what is wrong, where nats-server has requests time out"},
	{"no stream: STREAM.SNAPSHOT.S", "outcome", "503/10036 *", "400/10003 bad request", "snapshots are refused whatever is asked: back up the store"},
	{"no stream: STREAM.RESTORE.S", "outcome", "503/10036 *", "400/10003 bad request", "snapshots are refused whatever is asked: back up the store"},
	{"create refused: a list", "outcome", "400/10025 *", "400/10025 *", "the text names a type of the server's own"},
	{"create refused: wrong type", "outcome", "400/10025 *", "400/10025 *", "the text names a type of the server's own"},
	{"message delete: none", "outcome", "400/10043 *", "500/10057 *", "the error says what is wrong"},
	{"message delete: zero", "outcome", "400/10043 *", "500/10057 *", "the error says what is wrong"},
}

var ofStreams = []difference{
	{"create*: direct", "config.allow_direct", "false", "true", "no direct get: libraries ask by STREAM.MSG.GET then"},
	{"create*: first sequence 1", "config.first_seq", absent, "1", "1 is where sequences begin anyway"},
	{"create*: first sequence 1", "state.first_seq", "0", "1", "as without first_seq"},
	{"*", "state.last_ts", "0001-01-01T00:00:00Z", "(time)", "the time of the last message goes with it"},
	{"update: seal", "outcome", "500/10052 *", done, "use deny_delete and deny_purge"},
	{"create refused: sealed", "outcome", "500/10052 *", "500/10052 *", "the text says what to use"},
	{"create refused: limits retention", "outcome", "500/10052 *", done, "a queue keeps what is not acknowledged"},
	{"create refused: no retention", "outcome", "500/10052 *", done, "limits is the default"},
	{"create refused: mirror", "outcome", "500/10052 *", done, "use a link"},
	{"create refused: sources", "outcome", "500/10052 *", done, "bind several subjects, or use a link"},
	{"create refused: transform", "outcome", "500/10052 *", done, "publish to the subject that consumers shall see"},
	{"create refused: republish", "outcome", "500/10052 *", done, "core subscribers see what is published"},
	{"create refused: placement", "outcome", "500/10052 *", done, "one server, no cluster"},
	{"create refused: first sequence", "outcome", "500/10052 *", done, "sequences begin at 1"},
	{"create refused: rollups", "outcome", "500/10052 *", done, "use purge"},
	{"create refused: markers", "outcome", "500/10052 *", done, "a work queue has no last value of a subject"},
	{"create refused: counters", "outcome", "500/10052 *", "500/10052 *", "the text is of all such refusals"},
	{"create refused: atomic batches", "outcome", "500/10052 *", done, "publish one by one, with Nats-Msg-Id"},
	{"create refused: fast batches", "outcome", "500/10052 *", done, "publish asynchronously"},
	{"create refused: asynchronous", "outcome", "500/10052 *", done, "every PubAck is given after the disk"},
	{"create refused: template", "outcome", "500/10052 *", "400/10025 *", "2.12 knows the field"},
}

var ofConsumers = []difference{
	{"consumer: replay original", "outcome", "500/10012 *", done, "messages are delivered at once"},
	{"consumer info: replay original", "outcome", "404/10014 *", done, "it was not made"},
	{"consumer: sampling*", "outcome", "500/10012 *", done, "the server's metrics count every delivery"},
	{"consumer info: sampling*", "outcome", "404/10014 *", done, "it was not made"},
	{"consumer refused: bad sampling", "outcome", "500/10012 *", "400/10095 *", "sampling is refused, good or bad"},
	{"consumer refused: priority groups", "outcome", "400/10160 *", done, "all pulls are served in turn"},
	{"consumer refused: groups without policy", "outcome", "400/10160 *", "400/10196 *", "priority groups are refused, good or bad"},
	{"consumer refused: policy without groups", "outcome", "400/10160 *", "400/10159 *", "priority groups are refused, good or bad"},
	{"consumer refused: deliver last of each", "outcome", "400/10101 *", "400/10094 *", "the policy is refused whatever the filter"},
	{"consumer refused: name too long", "outcome", "400/10103 *", "500/10012 *", "nats-server fails at the name of a file"},
	{"consumer update: policy", "outcome", "400/10101 *", "500/10012 *", "refused by itself, before it is a change"},
	{"consumer update: replay", "outcome", "500/10012 *", "500/10012 *", "refused by itself, before it is a change"},
	{"consumer update: max_waiting", "outcome", done, "500/10012 *", "nothing speaks against the change"},
	{"reset", "outcome", "400/10204 *", done, "a work queue keeps no position: what was acknowledged is gone"},
}

var ofPublishes = []difference{
	{"publish: another sequence, known id", "outcome", done, "400/10071 *", "a known id comes first, as in a cluster: a publisher that lost its PubAck needs the answer"},
	{"publish: lifetime*", "outcome", "400/10165 *", "400/10165 *", "the text says what a lifetime looks like"},
	{"publish: rollup*", "outcome", "500/10111 *", "500/10111 *", "the text says what to use"},
	{"publish: too large", "outcome", "400/10054 *", "400/10054 *", "the text names the limit"},
	{"publish: full", "outcome", "503/10077 *", "503/10077 *", "the text names the limit"},
	{"publish: bytes full", "outcome", "503/10077 *", "503/10077 *", "the text names the limit"},
}

var ofAcks = []difference{
	{"ack of nothing: $JS.ACK.S.c.1*", "outcome", done, "silence", "every ack that asks is answered: a client that waits goes on"},
	{"ack of nothing: $JS.ACK.S.none.1*", "outcome", done, "503 no responders", "every ack that asks is answered: a client that waits goes on"},
	{"ack of nothing: $JS.ACK.S.c", "outcome", "silence", "503 no responders", "what is no ack subject is dropped"},
}

// Until there are streams that keep what somebody is interested in.
var ofInterest = []difference{
	{"update: retention", "outcome", "500/10052 *", "500/10052 *", "limits is refused by itself, before it is a change"},
}

// Until there is an index of the subjects of a stream.
var ofSubjects = []difference{
	{"*", "state.num_subjects", absent, "*", "subjects are counted where a subjects_filter asks for it"},
}

// Until each consumer's deliveries are counted.
var ofCounts = []difference{
	{"consumer info: *", "ack_floor.consumer_seq", "*", "*", "the floor is the queue's, and counts what was given up"},
	{"consumer info: *", "ack_floor.last_active", absent, "(time)", "not kept"},
}

// Until schedules are those of nats-server.
var ofSchedules = []difference{
	{"create*: schedules", "config.allow_rollup_hdrs", "false", "true", "schedules replace each other without; other rollups are refused"},
	{"publish: schedule every", "outcome", "400/10189 *", done, "what repeats can be sent over STOMP"},
	{"publish: schedule cron", "outcome", "400/10189 *", done, "what repeats can be sent over STOMP"},
	{"publish: schedule that is none", "outcome", "400/10189 *", "400/10189 *", "the text says what a schedule looks like"},
	{"publish: schedule with lifetime", "outcome", "400/10191 *", "400/10191 *", "the text says what a lifetime looks like"},
	{"publish: schedule with source", "outcome", "400/10203 *", done, "a schedule sends its own body"},
}
