"""Runs the questions of a job in DuckDB and says how long each took.

The job comes as JSON on the standard input:
  {"setup": [SQL, ...], "questions": [{"name", "warm": SQL or "", "sql": [SQL, ...]}, ...]}
and the answers go as JSON to the standard output:
  [{"name", "ms": [of each SQL], "rows": [of each SQL]}, ...]
"""

import json
import sys
import time

import duckdb

job = json.load(sys.stdin)
connection = duckdb.connect()
for statement in job["setup"]:
    connection.execute(statement)
answers = []
for question in job["questions"]:
    answer = {"name": question["name"], "ms": [], "rows": []}
    if question["warm"]:
        connection.execute(question["warm"]).fetchall()
    for statement in question["sql"]:
        begin = time.perf_counter()
        rows = connection.execute(statement).fetchall()
        answer["ms"].append((time.perf_counter() - begin) * 1000)
        answer["rows"].append([[str(cell) for cell in row] for row in rows])
    answers.append(answer)
json.dump(answers, sys.stdout)
