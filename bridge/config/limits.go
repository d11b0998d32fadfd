package config

import "time"

// The bounds of settings that have some.
const (
	// MinSyncInterval and MaxSyncInterval bound SyncInterval: shorter is
	// SyncAlways in all but name, longer is a loss that nobody expects.
	MinSyncInterval = time.Millisecond
	MaxSyncInterval = time.Minute
	// MaxDrainTimeout bounds DrainTimeout.
	MaxDrainTimeout = time.Hour
	// MaxMetricsQueues bounds MetricsMaxQueues; each queue is about eight series.
	MaxMetricsQueues = 100_000
	// MaxFileBytes bounds a configuration file.
	MaxFileBytes = 1 << 20
)
