package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// Problem is something in a data folder that does not hold together.
type Problem struct {
	Subject string // the file, row or resource that it is about
	Reason  string
}

// Check looks for what is broken in a tenant's data: a damaged database, rows
// that name files which are gone or changed, price sheets and facts that
// cannot be read, counts that disagree. What the lake's files hold is for
// audit.Lake.Check. The error is about the checking itself.
func (s *Store) Check(ctx context.Context, t account.Tenant) ([]Problem, error) {
	var all []Problem
	for _, check := range []func(context.Context, account.Tenant) ([]Problem, error){
		s.checkDatabase, s.checkParts, s.checkRuns, s.checkSheets, s.checkFacts, s.checkFreshness, s.checkQuarantine,
	} {
		problems, err := check(ctx, t)
		all = append(all, problems...)
		if errors.Is(err, ErrDamaged) {
			all = append(all, Problem{databaseName, err.Error()})
		} else if err != nil {
			return all, fmt.Errorf("check data folder %s: %w", s.dir, err)
		}
	}
	return all, nil
}

func (s *Store) checkDatabase(ctx context.Context, _ account.Tenant) (problems []Problem, err error) {
	found, err := rows(ctx, s.read, "check the database", func(r *sql.Rows, text *string) error { return r.Scan(text) },
		`PRAGMA integrity_check`)
	for _, text := range found {
		if text != "ok" {
			problems = append(problems, Problem{databaseName, text})
		}
	}
	return problems, err
}

func (s *Store) checkParts(ctx context.Context, t account.Tenant) (problems []Problem, err error) {
	parts, err := s.Parts(ctx, t)
	for _, p := range parts {
		if reason := s.missing(ctx, p.Name, p.Bytes); reason != "" {
			problems = append(problems, Problem{path.Join(lakeName, p.Name), reason})
		}
		if p.Rows <= 0 || p.MinTime > p.MaxTime {
			problems = append(problems, Problem{path.Join(lakeName, p.Name),
				fmt.Sprintf("the index says %d rows from %d to %d", p.Rows, p.MinTime, p.MaxTime)})
		}
	}
	return problems, err
}

func (s *Store) checkRuns(ctx context.Context, t account.Tenant) (problems []Problem, err error) {
	runs, err := s.Runs(ctx, t)
	for _, r := range runs {
		if reason := s.missing(ctx, r.Name, anySize); reason != "" {
			problems = append(problems, Problem{path.Join(lakeName, r.Name), reason})
		}
	}
	return problems, err
}

// anySize is for files whose size no row tells.
const anySize = -1

// missing says what is wrong with a file of the lake; "" when nothing is.
func (s *Store) missing(ctx context.Context, name string, size int64) string {
	f, err := s.Open(ctx, name)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if size != anySize && f.Size() != size {
		return fmt.Sprintf("%d bytes long, the index says %d", f.Size(), size)
	}
	return ""
}

func (s *Store) checkSheets(ctx context.Context, t account.Tenant) (problems []Problem, err error) {
	sheets, err := s.Sheets(ctx, t)
	for _, info := range sheets {
		if err := s.checkSheet(ctx, t, info); err != nil {
			problems = append(problems, Problem{"price sheet " + info.ID, err.Error()})
		}
	}
	return problems, err
}

func (s *Store) checkSheet(ctx context.Context, t account.Tenant, info price.SheetInfo) error {
	f, err := s.OpenSheet(ctx, t, info.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("its file is gone")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	encoded, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	sheet, err := price.Decode(encoded)
	if err != nil {
		return err
	}
	if id := sheet.Info(encoded, info.Source).ID; id != info.ID {
		return fmt.Errorf("its bytes are those of sheet %s", id)
	}
	return nil
}

// checkFacts reads every fact as a timeline does.
func (s *Store) checkFacts(ctx context.Context, t account.Tenant) (problems []Problem, err error) {
	for timeline, err := range usage.Timelines(s.Facts(ctx, t), usage.Horizon{}) {
		if ctx.Err() != nil {
			return problems, ctx.Err()
		}
		if err != nil {
			problems = append(problems, Problem{"facts of " + timeline.Resource, err.Error()})
		}
	}
	return problems, nil
}

// checkFreshness: a snapshot is a sign of life.
func (s *Store) checkFreshness(ctx context.Context, t account.Tenant) ([]Problem, error) {
	return rows(ctx, s.read, "check freshness", func(r *sql.Rows, p *Problem) error {
		p.Reason = "newer than the freshness of its account and region"
		return r.Scan(&p.Subject)
	}, `SELECT 'snapshot ' || s.id FROM snapshots s
		LEFT JOIN freshness f USING (tenant, account, region)
		WHERE tenant = ? AND coalesce(f.last, 0) < s.at ORDER BY s.id`, string(t))
}

// checkQuarantine compares what files say of their quarantine with it.
func (s *Store) checkQuarantine(ctx context.Context, t account.Tenant) ([]Problem, error) {
	return rows(ctx, s.read, "check quarantine", func(r *sql.Rows, p *Problem) error {
		var want, got int64
		err := r.Scan(&p.Subject, &want, &got)
		p.Reason = fmt.Sprintf("%d entries in quarantine, %d when it was ingested", got, want)
		return err
	}, `SELECT uri, quarantined, (SELECT count(*) FROM quarantine q WHERE q.tenant = i.tenant AND q.uri = i.uri) AS n
		FROM ingested i WHERE tenant = ? AND quarantined <> n ORDER BY uri`, string(t))
}
