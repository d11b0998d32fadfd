package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Check says what is wrong with c, or nil. It looks host names up, and touches
// neither the disk nor a port. The error is one line and names the key.
func (c *Config) Check(ctx context.Context) error {
	return cmp.Or(
		checkDataDir(c.DataDir),
		oneOf("sync", c.Sync, SyncAlways, SyncByInterval),
		between("sync_interval", c.SyncInterval, MinSyncInterval, MaxSyncInterval),
		between("store_min_free", c.StoreMinFree, 0, MaxStoreMinFree),
		oneOf("on_store_failure", c.OnStoreFailure, ExitOnFailure, StayOnFailure),
		between("drain_timeout", c.DrainTimeout, 0, MaxDrainTimeout),
		between("metrics_max_queues", c.MetricsMaxQueues, 0, MaxMetricsQueues),
		c.Memory.check(),
		oneOf("log_level", c.Log.Level, LogDebug, LogInfo, LogWarn, LogError),
		oneOf("log_format", c.Log.Format, LogText, LogJSON),
		c.STOMPPort.check(),
		c.STOMPLimits.check(),
		c.NATSPort.check(),
		c.checkTLS(),
		c.Connections.check(),
		c.NATSLimits.check(),
		c.SQSLimits.check(),
		c.AdminLimits.check(),
		c.UserLimits.check(),
		c.LoginLimits.check(),
		c.SQS.check(),
		c.S3.check(),
		checkAccessKeys(c.AccessKeys),
		c.checkAudit(),
		c.checkSTOMP(),
		checkQueueRules(c.QueueRules),
		c.checkListeners(ctx),
	)
}

func checkDataDir(dir string) error {
	if strings.TrimSpace(dir) == "" {
		return errors.New("data_dir is empty: name a directory that may be written to")
	}
	return nil
}

func oneOf[T ~string](key string, v T, allowed ...T) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return fmt.Errorf("%s is %q: it must be one of %s", key, v, strings.Join(names, ", "))
}

func between[T int | time.Duration](key string, v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("%s is %v: it must be between %v and %v", key, v, low, high)
	}
	return nil
}

func (m *Memory) check() error {
	return cmp.Or(
		between("memory_target", m.Target, MinMemoryTarget, MaxMemory),
		between("max_index_memory", m.Index, 1, MaxMemory),
		between("index_entries", m.IndexEntries, 1, MaxCount),
		between("max_leases", m.MaxLeases, 1, MaxCount),
		between("max_queues", m.MaxQueues, 1, MaxCount),
		between("message_cache", m.Cache, 1, MaxMemory),
	)
}

// only reports whether a text has some of the letters, and no others.
func only(text, letters string) bool { return text != "" && strings.Trim(text, letters) == "" }

func (s *SQS) check() error {
	if !only(s.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") {
		return fmt.Errorf("sqs_region is %q: it must be made of small letters, digits and dashes", s.Region)
	}
	if !isAccount(s.Account) {
		return fmt.Errorf("sqs_account is %q: it must be 12 digits", s.Account)
	}
	if err := cmp.Or(
		between("sqs_purge_interval", s.PurgeInterval, 0, MaxSQSRest),
		between("sqs_recreate_delay", s.RecreateDelay, 0, MaxSQSRest),
	); err != nil || s.PublicURL == "" {
		return err
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("sqs_public_url is %q: it must look like https://sqs.example.com", s.PublicURL)
	}
	return nil
}

// checkListeners resolves every address, and refuses two listeners on one of them.
func (c *Config) checkListeners(ctx context.Context) error {
	if c.STOMPAddr == "" && c.NATSAddr == "" && c.SQSAddr == "" && c.NATSPort.WSAddr == "" && len(c.STOMPFurther) == 0 {
		return errors.New("stomp_addr, nats_addr and sqs_addr are all empty: there is nothing to serve")
	}
	taken := make(map[string]string)
	for _, l := range c.Listeners() {
		a, err := c.Resolve(ctx, l)
		if err != nil {
			return err
		}
		if a == nil || a.Port == 0 {
			continue
		}
		if other, ok := taken[a.String()]; ok {
			return fmt.Errorf("%s and %s are both %s", other, l.Key, l.Addr)
		}
		taken[a.String()] = l.Key
	}
	return nil
}
