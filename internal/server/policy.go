package server

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/authz"
)

// loadPolicy loads the policies from where the configuration says.
func (c Config) loadPolicy(ctx context.Context, kept authz.Kept, log *slog.Logger, metrics prometheus.Registerer) (*authz.Loader, error) {
	return authz.NewLoader(ctx, authz.LoaderOptions{
		Location: c.Policy, Kept: kept, KeyFile: c.PolicyKey, KeyAlgorithm: c.PolicyKeyAlgorithm, Poll: c.PolicyPoll, Timeout: c.PolicyTimeout,
		MaxBytes: int64(c.PolicyLimit), Log: log, Metrics: metrics,
	}, authz.Options{EvalTimeout: c.PolicyEvalTimeout, EvalSteps: c.PolicySteps, AnswerCache: c.PolicyAnswers})
}
