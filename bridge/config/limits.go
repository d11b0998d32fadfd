package config

import "time"

// The bounds of settings that have some.
const (
	// MinSyncInterval and MaxSyncInterval bound SyncInterval: shorter is
	// SyncAlways in all but name, longer is a loss that nobody expects.
	MinSyncInterval = time.Millisecond
	MaxSyncInterval = time.Minute
	// MaxStoreMinFree bounds StoreMinFree, in MiB: 16 TiB.
	MaxStoreMinFree = 1 << 24
	// MaxDrainTimeout bounds DrainTimeout.
	MaxDrainTimeout = time.Hour
	// MaxSQSRest bounds SQS.PurgeInterval and SQS.RecreateDelay.
	MaxSQSRest = time.Hour
	// MaxMetricsQueues bounds MetricsMaxQueues; each queue is about eight series.
	MaxMetricsQueues = 100_000
	// MinMemoryTarget is about what the store alone needs while it compacts, and
	// MaxMemory bounds every size in MiB, MaxCount every number of things.
	MinMemoryTarget = 256
	MaxMemory       = 1 << 24
	MaxCount        = 1_000_000_000
	// MaxSTOMPListeners bounds STOMPFurther.
	MaxSTOMPListeners = 64
	// MaxQueueRules bounds QueueRules. The others bound what they say, as queues do themselves.
	MaxQueueRules    = 1000
	MaxQueueTime     = 10 * 365 * 24 * time.Hour
	MaxQueueLease    = 7 * 24 * time.Hour
	MaxQueueBytes    = 1 << 50
	MaxQueueName     = 255
	MaxBackoffFactor = 1000.0
	// MaxAccessKeys bounds AccessKeys; MaxAccessKeyID is what AWS allows. MaxPattern is
	// longer than any queue's name that SQS can spell.
	MaxAccessKeys  = 10_000
	MaxAccessKeyID = 128
	MaxUserName    = 128
	MaxPattern     = 256
	// MaxUsers bounds the users of a UsersFile, MaxUserCredentials those of one kind that a
	// user may have, and MaxUsersBytes the file.
	MaxUsers           = 10_000
	MaxUserCredentials = 100
	MaxUsersBytes      = 8 << 20
	// MaxStatements bounds the statements of a policy in a UsersFile, and those that a user has of
	// his own and by name; MaxPatterns the patterns of a statement, and MaxPolicies the policies with a name.
	MaxStatements = 100
	MaxPatterns   = 100
	MaxPolicies   = 1000
	// MaxUsersMarks and MaxFileMarks bound the lines, and the characters , : - ? [ ] { } with them, of a
	// UsersFile and of a configuration file: read, each takes some 400 bytes. MaxFileMarks bounds the values as well
	// that a configuration file has with what its aliases stand for.
	MaxUsersMarks = 500_000
	MaxFileMarks  = 200_000
	// MaxPayload bounds S3.MaxPayload, in MiB: 16 of them are in memory at a time, and what a
	// NATS client has not taken yet is bounded by 64 MiB. The timeouts bound S3.Timeout.
	MaxPayload   = 32
	MinS3Timeout = 100 * time.Millisecond
	MaxS3Timeout = time.Minute
	// MaxFileBytes bounds a configuration file.
	MaxFileBytes = 1 << 20
)
