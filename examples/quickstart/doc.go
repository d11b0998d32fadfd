// Package quickstart holds the scripts of README.md: each sends or receives one
// message with one client library, and ends. The address is the first argument, and the
// server's default without it.
//
//	pip install boto3 stomp.py
//	python3 send_sqs.py
//	python3 receive_stomp.py
//
//	npm install @nats-io/jetstream @nats-io/transport-node @aws-sdk/client-sqs
//	node send_nats.mjs
//	node receive_sqs.mjs
package quickstart
