package local_test

import (
	"context"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/local"
)

func compact(ctx context.Context, lake *audit.Lake) error { return nil }

func checked(ctx context.Context, s *local.Store, lake *audit.Lake) error { return nil }
