package audit

// Row is the schema of the lake: one CloudTrail event as a row of a Parquet
// file. Readers other than Kopter (DuckDB, Athena, Spark, Polars) see these
// names and types. An absent string is empty, never null.
//
// Rows of a row group are ordered by time, then by event id; the row groups of
// a part follow each other in time as far as its rows came so. Bloom filters stand on event_id, actor,
// access_key and resources.
type Row struct {
	Time          int64    `parquet:"time,timestamp(millisecond),delta"`
	Account       string   `parquet:"account,dict"`
	Region        string   `parquet:"region,dict"`
	Source        string   `parquet:"source,dict"`
	Name          string   `parquet:"name,dict"`
	EventType     string   `parquet:"event_type,dict"`
	Category      string   `parquet:"category,dict"`
	Actor         string   `parquet:"actor,dict"`
	ActorType     string   `parquet:"actor_type,dict"`
	Principal     string   `parquet:"principal,dict"`
	Session       string   `parquet:"session,dict"`
	AccessKey     string   `parquet:"access_key,dict"`
	InvokedBy     string   `parquet:"invoked_by,dict"`
	IP            string   `parquet:"ip,dict"`
	UserAgent     string   `parquet:"user_agent,dict"`
	ErrorCode     string   `parquet:"error_code,dict"`
	ErrorMessage  string   `parquet:"error_message,dict"`
	ReadOnly      bool     `parquet:"read_only"`
	Resources     []string `parquet:"resources,list" parquet-element:",dict"`
	EventID       string   `parquet:"event_id"`
	RequestID     string   `parquet:"request_id"`
	SharedEventID string   `parquet:"shared_event_id,dict"`
	Raw           string   `parquet:"raw"`
}
