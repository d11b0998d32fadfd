package bridge

import (
	"net"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/protocols/stomp"
)

// pendingShare is the part of memory_target that may wait for NATS clients to read it: a quarter.
const pendingShare = 4

// openGateways serves the dialects that have a port.
func (h *House) openGateways(cfg *config.Config) {
	h.rights.watch(h.broker)
	who := h.rights.in(h.known.others, true)
	if len(cfg.AccessKeys) > 0 && h.known.users == nil && cfg.InsecureListen && (h.ports.stomp != nil || len(h.ports.further) > 0 || h.ports.nats != nil || h.ports.web != nil) {
		h.log.Warn("access keys hold for SQS alone: STOMP and NATS clients are let in without")
	}
	version, _ := Version()
	h.openSTOMP(cfg, stomp.Options{
		Rules: h.queueRules(cfg.QueueRules),
		Auth:  who, Audit: h.witnesses(), Server: "Sluice/" + version, Payloads: h.payloads(), TLS: h.certificates.of(config.STOMPName), Plain: plainSTOMP(cfg), Origins: cfg.STOMPPort.Origins(),
		Limits: stompLimits(&cfg.STOMPLimits), Bounds: h.bounds.stomp, Panics: h.panics["stomp"],
		Quotas: h.bounds.quotas, Tally: h.bounds.tally,
	})
	h.openNATS(&cfg.NATSPort, nats.Options{
		Limits: natsLimits(&cfg.NATSLimits, &cfg.Memory), Quotas: h.bounds.quotas, Tally: h.bounds.tally,
		Auth: who, Audit: h.witnesses(), Log: h.log.With("gateway", "nats"), Payloads: h.payloads(), Door: h.bounds.nats, TLS: h.certificates.of(config.NATSName),
		Panics: h.panics["nats"],
	})
	if l := h.ports.sqs; l != nil {
		h.serveGateway("sqs", h.certificates.around(config.SQSName, l), sqs.New(h.broker, sqs.Options{
			Auth: h.rights.in(h.known.sqs, false), Audit: h.witnesses(), Log: h.log.With("gateway", "sqs"),
			Region: cfg.SQS.Region, Account: cfg.SQS.Account, PublicURL: cfg.SQS.PublicURL, CheckRegion: cfg.SQS.CheckRegion,
			PurgeInterval: cfg.SQS.PurgeInterval, RecreateDelay: cfg.SQS.RecreateDelay, Payloads: h.payloads(),
			Door: h.bounds.sqs, Limits: sqsLimits(&cfg.SQSLimits), Quotas: h.bounds.quotas, Tally: h.bounds.tally, Panics: h.panics["sqs"],
		}))
	}
}

// openSTOMP serves each listener for STOMP by a gateway of its own, in its dialect.
func (h *House) openSTOMP(cfg *config.Config, o stomp.Options) {
	for i, x := range cfg.STOMPListeners() {
		l := h.ports.stomp
		if i > 0 {
			l = h.ports.further[i-1]
		}
		if l == nil {
			continue
		}
		o.Dialect, _ = mapping.STOMPDialectNamed(string(x.Dialect)) // checked with the configuration
		o.Nack, _ = mapping.STOMPNackNamed(string(x.Nack))          // so is this
		o.Lenient = x.Errors == config.STOMPLenient
		o.Log = h.log.With("gateway", "stomp", "dialect", o.Dialect)
		h.serveGateway("stomp", l, stomp.New(h.broker, o))
	}
}

// openNATS serves both listeners for NATS by one gateway: clients reach each other.
func (h *House) openNATS(p *config.NATSPort, o nats.Options) {
	if h.ports.nats == nil && h.ports.web == nil {
		return
	}
	o.TLSFirst, o.Origins, o.LameDuck = p.TLSFirst, p.Origins(), p.LameDuck
	g := nats.New(h.broker, o)
	h.gateways = append(h.gateways, gateway{g, "nats"})
	if l := h.ports.nats; l != nil {
		h.serve("nats", l, g.Serve)
	}
	if l := h.ports.web; l != nil {
		h.serve("nats_ws", l, g.ServeWebSocket)
	}
}

func (h *House) serveGateway(name string, l net.Listener, g protocols.Gateway) {
	h.gateways = append(h.gateways, gateway{g, name})
	h.serve(name, l, g.Serve)
}
