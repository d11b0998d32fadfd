package config

// told is a Told of the table test of a house, and at one that another test holds.
func told(text string) Told { return Told{text, "bridge TestToldLimits"} }

func at(text, test string) Told { return Told{text, test} }

func stompAt(text, test string) Told { return at(text, "protocols/stomp "+test) }

func stompLimitRows() []Limit {
	row := func(key, what, unit, metrics, text, test string) Limit {
		return Limit{Key: "stomp_" + key, What: what, Unit: unit, Metrics: metrics, STOMP: stompAt(text, test)}
	}
	return []Limit{
		{Key: "stomp_max_connections", What: "open connections of STOMP clients", Metrics: doors, STOMP: told("ERROR `too many connections`; of many at the same time some are closed without a word")},
		row("max_connections_per_address", "of them, from one address or /64 of IPv6; not from this machine", "", doors, "ERROR `too many connections`", "TestConnectionsOfOneAddress"),
		{Key: "stomp_login_timeout", What: "the time until CONNECT has come and been checked, with TLS and WebSocket", Metrics: Counted, STOMP: told("ERROR `login timeout`; closed within TLS, 408 within a request for a WebSocket")},
		{Key: "stomp_max_login_frame", What: "before the login: header and body of CONNECT, each; a request for a WebSocket", Unit: "KiB", Metrics: Counted, STOMP: told("ERROR `frame too large`; 431 to a request for a WebSocket")},
		{Key: "stomp_max_headers", What: "header lines of a frame", Metrics: Counted, STOMP: told("ERROR `frame too large`")},
		{Key: "stomp_max_header_size", What: "command and headers of a frame", Unit: "KiB", Metrics: Counted, STOMP: told("ERROR `frame too large`")},
		{Key: "stomp_max_body", What: "body of a frame", Unit: "KiB", Metrics: Counted, STOMP: told("ERROR `frame too large`")},
		row("body_memory", "frames being received, of all clients", "MiB", Counted, "waits; ERROR `frame took too long` when others wait for it too long", "TestHalfSentBodiesMakeRoom"),
		row("transaction_memory", "messages in open transactions, of all clients", "MiB", Counted, "waits; ERROR `transaction took too long` when others wait for it too long", "TestOpenTransactionsMakeRoom"),
		row("outbox_memory", "messages on their way to all clients", "MiB", "go_gc_heap_live_bytes", "nothing: messages wait in their queues", "TestMemoryOfThoseWhoNeverRead"),
		{Key: "stomp_max_subscriptions", What: "subscriptions of a connection", Metrics: Counted, STOMP: told("ERROR `too many subscriptions`")},
		row("max_unsettled", "messages that a connection holds unsettled", "", "sluice_queue_messages", "nothing: no more are sent", "TestConnectionBoundsUnsettledMessages"),
		{Key: "stomp_max_transactions", What: "open transactions of a connection", Metrics: Counted, STOMP: told("ERROR `too many transactions`")},
		{Key: "stomp_max_transaction_ops", What: "frames, and messages settled, in one transaction", Metrics: Counted, STOMP: told("ERROR `transaction too large`")},
		{Key: "stomp_max_transaction_size", What: "messages in the open transactions of a connection", Unit: "KiB", Metrics: Counted, STOMP: told("ERROR `transaction too large`")},
		row("prefetch", "unsettled messages of a subscription that names no number", "", "sluice_queue_messages", "nothing: no more are sent", "TestPrefetchBoundsUnsettledMessages"),
		row("max_prefetch", "that it may name", "", "sluice_queue_messages", "nothing: it gets so many", "TestPrefetchBoundsUnsettledMessages"),
		row("min_heart_beat", "the shortest interval of heart-beats", "", "sluice_connections", "CONNECTED has the longer interval", "TestBeats"),
		row("write_timeout", "the time in which a client takes nothing of what it is sent", "", Counted, "closed", "TestSlowReaderIsCut"),
	}
}

func natsLimitRows() []Limit {
	return []Limit{
		{Key: "nats_max_connections", What: "open connections of NATS clients", Metrics: doors, NATS: told("-ERR `maximum connections exceeded`")},
		{Key: "nats_max_connections_per_address", What: "of them, from one address or /64 of IPv6; not from this machine", Metrics: doors, NATS: at("-ERR `maximum connections exceeded`", "protocols/door TestAddressesAreBounded")},
		{Key: "nats_login_timeout", What: "the time until CONNECT has come and been checked, with TLS and WebSocket", Metrics: Counted, NATS: told("-ERR `Authentication Timeout`; closed within TLS, 408 within a request for a WebSocket")},
		{Key: "nats_max_login_size", What: "before the login: a message; a request for a WebSocket", Unit: "KiB", Metrics: Counted, NATS: told("-ERR `Authorization Violation`; 431 to a request for a WebSocket")},
		{Key: "nats_max_control_line", What: "a protocol line, before and after the login", Unit: "KiB", Metrics: Counted, NATS: told("-ERR `maximum control line exceeded`")},
		{Key: "nats_max_payload", What: "headers and body of a message", Unit: "KiB", Metrics: Counted, NATS: told("-ERR `Maximum Payload Violation`; INFO has it as max_payload")},
		{Key: "nats_max_subscriptions", What: "subscriptions of a connection", Metrics: Counted, NATS: told("-ERR `maximum subscriptions exceeded`; the connection goes on")},
		{Key: "nats_max_pending", What: "what waits for a client that does not read", Unit: "MiB", Metrics: Counted, NATS: at("closed", "protocols/nats TestSlowConsumerIsCutOff")},
		{Key: "nats_write_timeout", What: "the time in which a client takes nothing of what it is sent", Metrics: Counted, NATS: at("closed", "protocols/nats TestSlowWriteIsCutOff")},
	}
}

func sqsLimitRows() []Limit {
	return []Limit{
		{Key: "sqs_max_connections", What: "open connections of SQS clients", Metrics: doors, SQS: told("closed")},
		{Key: "sqs_max_connections_per_address", What: "of them, from one address or /64 of IPv6; not from this machine", Metrics: doors, SQS: at("closed", "protocols/door TestAddressesAreBounded")},
		{Key: "sqs_header_timeout", What: "the time for a header, with TLS", Metrics: Counted, SQS: told("`400`; closed when nothing has come")},
		{Key: "sqs_request_timeout", What: "the time for a request, with its body", Metrics: Counted, SQS: told("`SerializationException`, 400")},
		{Key: "sqs_write_timeout", What: "the time for an answer to be taken", Metrics: Counted, SQS: at("closed", "protocols/sqs TestSlowAnswerIsCutOff")},
		{Key: "sqs_idle_timeout", What: "the time between two requests of a connection", Metrics: "sluice_connections", SQS: told("closed")},
		{Key: "sqs_max_header_size", What: "request line and header, before and after the login", Unit: "KiB", Metrics: Counted, SQS: told("`InvalidParameterValueException`, 400; beyond twice that 431")},
		{Key: "sqs_max_body", What: "a body, before and after the login: a signature covers it", Unit: "KiB", Metrics: Counted, SQS: told("`InvalidParameterValueException`, 400")},
		{Key: "sqs_body_memory", What: "bodies being read, of all clients", Unit: "MiB", Metrics: Counted, SQS: at("`RequestThrottled`, which SDKs try again", "protocols/sqs TestLimitsInBothForms")},
	}
}

func adminLimitRows() []Limit {
	return []Limit{
		{Key: "admin_max_connections", What: "open connections to the admin listener", Metrics: doors, Admin: told("closed")},
		{Key: "admin_max_connections_per_address", What: "of them, from one address or /64 of IPv6; not from this machine", Metrics: doors, Admin: at("closed", "protocols/door TestAddressesAreBounded")},
		{Key: "admin_header_timeout", What: "the time for a header, with TLS", Metrics: Counted, Admin: told("`400`; closed when nothing has come")},
		{Key: "admin_request_timeout", What: "the time for a request, and for its answer", Metrics: Counted, Admin: told("408 `admin_request_timeout`")},
		{Key: "admin_login_timeout", What: "the time in which a password is checked, among others", Metrics: Counted, Admin: at("503 `admin_login_timeout`", "bridge/admin TestLoginTakesTooLong")},
		{Key: "admin_max_header_size", What: "request line and header, before and after the login", Unit: "KiB", Metrics: "sluice_connections", Admin: told("`431`")},
		{Key: "admin_max_body", What: "a body", Unit: "KiB", Metrics: Counted, Admin: told("413 `admin_max_body`")},
	}
}

func userLimitRows() []Limit {
	throttled := told("`RequestThrottled`, which SDKs try again")
	slowed := told("nothing: the connection is read more slowly")
	return []Limit{
		{Key: "user_max_connections", What: "open connections of a user, of all dialects", Metrics: users,
			STOMP: told("ERROR `too many connections`"), NATS: told("-ERR `maximum account active connections exceeded`"), SQS: throttled, Admin: told("429 `user_max_connections`")},
		{Key: "user_max_subscriptions", What: "subscriptions of a user", Metrics: users,
			STOMP: told("ERROR `too many subscriptions`"), NATS: told("-ERR `maximum subscriptions exceeded`; the connection goes on")},
		{Key: "user_max_transactions", What: "open transactions of a user", Metrics: users, STOMP: told("ERROR `too many open transactions`")},
		{Key: "user_max_queues", What: "queues that a user has made, by use or creation, since the start, and that are there yet", Metrics: users,
			STOMP: told("ERROR `too many queues made by use or creation`"), NATS: told("JetStream error `10027`"), SQS: told("`OverLimit`")},
		{Key: "user_max_consumers", What: "JetStream consumers, likewise", Metrics: users, NATS: told("JetStream error `10026`")},
		{Key: "user_max_requests", What: "requests of a user in a second", Metrics: Counted, STOMP: slowed, NATS: slowed, SQS: throttled, Admin: told("429 `user_max_requests`, with Retry-After")},
		{Key: "user_max_bytes", What: "what comes from a user in a second", Unit: "KiB", Metrics: Counted, STOMP: slowed, NATS: slowed, SQS: throttled, Admin: told("429 `user_max_bytes`, with Retry-After")},
	}
}

func loginLimitRows() []Limit {
	const metrics = Counted + ", sluice_logins_total"
	like := func(test string) Limit {
		return Limit{
			STOMP: at("ERROR `access refused`, as of a wrong passcode", test), NATS: at("-ERR `Authorization Violation`, likewise", test),
			SQS: at("`UnrecognizedClientException`, as of an unknown key, with Retry-After", test), Admin: at("429 `too many logins have failed`, with Retry-After", test),
		}
	}
	failures, perAddress, time := like("bridge TestToldLimits"), like("bridge/auth/lockout TestManyUsersAtOneAddress"), like("bridge/auth/lockout TestOneUserAtOneAddress")
	failures.Key, failures.What, failures.Metrics = "login_max_failures", "failed logins of a user from one address or /64 of IPv6; then that pair is locked", metrics
	perAddress.Key, perAddress.What, perAddress.Metrics = "login_max_users_per_address", "users who fail from one address or /64 of IPv6; then that is locked, unless it is this machine's", metrics
	time.Key, time.What, time.Metrics = "login_lock_time", "how long a lock lasts, and in what time one failure is forgotten", "sluice_logins_total"
	return []Limit{failures, perAddress, time}
}

func coreLimitRows() []Limit {
	all := func(l Limit, test string) Limit {
		l.STOMP, l.NATS, l.SQS = at("ERROR `server limit reached`", test), at("JetStream error `10023`", test), at("`OverLimit`", test)
		return l
	}
	const lease = "queuecore TestLeasesAreBounded"
	return []Limit{
		all(Limit{Key: "max_queues", What: "queues, of all", Metrics: "sluice_queues"}, "queuecore TestMaxQueues"),
		{Key: "max_leases", What: "messages that are with receivers, of all", Metrics: "sluice_queue_messages",
			STOMP: at("nothing: receivers wait", lease), NATS: at("nothing: receivers wait", lease), SQS: at("`OverLimit`, unless it waits", lease)},
		all(Limit{Key: "max_index_memory", What: "what waiting messages take in memory besides their bodies, of all", Unit: "MiB", Metrics: "go_gc_heap_live_bytes"}, "queuecore TestIndexMemoryIsBounded"),
	}
}
