package main

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// duckMemory keeps DuckDB from taking the whole machine for one JSON object.
const duckMemory = "SET memory_limit = '6GB'"

// duckPrices is DuckDB's job for a price list in JSON: the rates that Kopter
// takes. Products and terms are objects with a key for each SKU, thus maps.
func duckPrices(file string) []byte {
	attributes := `STRUCT(regionCode VARCHAR, instanceType VARCHAR, operation VARCHAR, tenancy VARCHAR, licenseModel VARCHAR, capacitystatus VARCHAR)`
	product := `STRUCT(sku VARCHAR, productFamily VARCHAR, attributes ` + attributes + `)`
	dimension := `STRUCT(rateCode VARCHAR, unit VARCHAR, pricePerUnit STRUCT(USD VARCHAR))`
	term := `STRUCT(sku VARCHAR, effectiveDate VARCHAR, priceDimensions MAP(VARCHAR, ` + dimension + `))`
	types := fmt.Sprintf(`{products: 'MAP(VARCHAR, %s)', terms: 'STRUCT(OnDemand MAP(VARCHAR, MAP(VARCHAR, %s)))'}`, product, term)
	return duckInput(fmt.Sprintf(`WITH offer AS MATERIALIZED (SELECT products, terms.OnDemand AS terms FROM read_json(%s, columns = %s, format = 'unstructured', maximum_object_size = 1073741824)),
product AS (SELECT unnest(map_values(products)) AS p FROM offer),
term AS (SELECT unnest(map_values(t)) AS t FROM (SELECT unnest(map_values(terms)) AS t FROM offer)),
rate AS (SELECT t.sku, t.effectiveDate, unnest(map_values(t.priceDimensions)) AS d FROM term)
SELECT count(*), count(DISTINCT (p.attributes.regionCode, p.attributes.instanceType, p.attributes.operation, p.attributes.tenancy)), sum(d.pricePerUnit.USD::DECIMAL(18, 10))
FROM product JOIN rate ON p.sku = rate.sku
WHERE p.attributes.capacitystatus = 'Used' AND p.productFamily LIKE 'Compute Instance%%'`, quoted(file), types))
}

// duckPriceRows is the same for a price list in CSV, which has five lines of
// metadata before its header.
func duckPriceRows(file string) []byte {
	return duckInput(fmt.Sprintf(`SELECT count(*), count(DISTINCT ("Region Code", "Instance Type", operation, Tenancy)), sum(PricePerUnit::DECIMAL(18, 10))
FROM read_csv(%s, skip = 5, header = true, all_varchar = true)
WHERE TermType = 'OnDemand' AND CapacityStatus = 'Used' AND "Product Family" LIKE 'Compute Instance%%'`, quoted(file)))
}

func duckInput(sql string) []byte {
	in, err := json.Marshal(duckJob{Setup: duckSetup(duckMemory), Questions: []duckQuestion{{Name: "prices", SQL: []string{sql}}}})
	if err != nil {
		panic(err) // strings always marshal
	}
	return in
}
