package pricetest_test

import (
	"testing"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
)

func TestMem(t *testing.T) {
	pricetest.TestStore(t, func(*testing.T) price.Store { return &pricetest.Mem{} })
}
