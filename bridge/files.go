package bridge

import (
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
)

// CheckFiles reads what the settings of cfg name besides themselves, as Open does at first:
// the users, the secrets of access keys and of S3, and the certificates with their keys. It
// keeps nothing of them. The error is one line, and names the setting and the file.
func CheckFiles(cfg *config.Config) error {
	log := slog.New(slog.DiscardHandler)
	if _, err := openIdentities(cfg, log); err != nil {
		return err
	}
	if cfg.S3.Bucket != "" {
		if _, err := users.Secret(cfg.S3.Secret, log); err != nil {
			return fmt.Errorf("s3_secret is %s: %w", cfg.S3.Secret, err)
		}
	}
	_, err := openCertificates(cfg, log, func(string, error) {})
	return err
}
