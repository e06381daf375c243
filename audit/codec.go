package audit

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// pageCodec compresses pages with one encoder, which looks back no further
// than a page is long: it takes a tenth of the memory that parquet-go's own
// takes, which is made for streams. It is used by one goroutine at a time.
type pageCodec struct {
	parquetzstd.Codec // reads
	encoder           *zstd.Encoder
}

func newPageCodec() *pageCodec {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(2*pageSize),
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(false), // pages have their own
		zstd.WithZeroFrames(true),
	)
	if err != nil {
		panic(fmt.Sprintf("audit: zstd does not take constant options: %v", err))
	}
	return &pageCodec{encoder: encoder}
}

// Encode appends src, compressed, to dst[:0].
func (c *pageCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}
