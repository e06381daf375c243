package pricetest

import "fmt"

// Large is an offer like that of one large region: of its products a few in
// ten price a running instance, and most of the file are reserved terms. With
// 50,000 products it takes about 400 MB as JSON.
func Large(products int) Offer {
	o := Offer{Rows: make([]Row, 0, products)}
	for i := range products {
		o.Rows = append(o.Rows, largeRow(i))
	}
	return o
}

// operations occur in a large offer.
var operations = []string{
	"RunInstances", "RunInstances:0002", "RunInstances:0010", "RunInstances:000g", "RunInstances:0006",
	"RunInstances:0102", "RunInstances:0202", "RunInstances:0004", "RunInstances:0g00",
}

var tenancies = []string{"Shared", "Dedicated", "Host"}

// largeRow is the i-th product: every fourth is of another family, and of the
// instances every third only a capacity reservation.
func largeRow(i int) Row {
	r := Row{
		SKU:  fmt.Sprintf("%016X", uint64(i+1)*0x9E3779B97F4A7C15),
		Type: fmt.Sprintf("m%d.%dxlarge", i/len(operations)%400, i/len(operations)/400+1),
		Rate: fmt.Sprintf("%d.%010d", i%7, i%9973*100000),

		Operation: operations[i%len(operations)],
		Tenancy:   tenancies[i/len(operations)%len(tenancies)],
	}
	switch {
	case i%4 == 3:
		r.Family, r.Unit, r.Usage = "Data Transfer", "GB", fmt.Sprintf("USE1-EUC%d-AWS-Out-Bytes", i%17)
	case i%3 == 2:
		r.Capacity, r.Usage = "UnusedCapacityReservation", "UnusedBox:"+r.Type
	}
	if i%5 < 2 {
		r.Reserved = len(reservedTerms)
	}
	return r
}
