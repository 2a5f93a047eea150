"""Result lines -> markdown tables: medians of the rounds. `table.py FILE…` prints those of the newest run of each file."""
import json
import statistics
import sys


def median(rows, member, scale=1.0, digits=2):
    return f"{statistics.median(r[member] * scale for r in rows):,.{digits}f}"


def groups(rows, keys):
    out = {}
    for r in rows:
        out.setdefault(tuple(r[k] for k in keys), []).append(r)
    return out


def quietest(rows, keys):
    """Of a measurement that was repeated, the one with the quietest machine."""
    return [min(same, key=lambda r: r["other_cores"]) for same in groups((r for r in rows if "error" not in r), keys).values()]


INGRESS = (
    ("CPU s /100k", lambda rs: median(rs, "cpu_100k")), ("requests/s", lambda rs: median(rs, "rps", 1, 0)),
    ("p50 ms", lambda rs: median(rs, "p50", 1e-3)), ("p99 ms", lambda rs: median(rs, "p99", 1e-3)),
    ("RSS MiB", lambda rs: median(rs, "rss_mib", 1, 0)), ("PSS MiB", lambda rs: median(rs, "pss_mib", 1, 0)),
    ("published", lambda rs: median(rs, "published", 1, 3)), ("failed", lambda rs: str(sum(r["err_status"] for r in rs))),
    ("others, cores", lambda rs: median(rs, "other_cores")),
)
CONSUMER = (
    ("records/s", lambda rs: median(rs, "records_per_second", 1, 0)), ("CPU s /100k", lambda rs: median(rs, "cpu_100k")),
    ("peak RSS MiB", lambda rs: median(rs, "rss_mib", 1, 0)), ("state as expected", lambda rs: "yes" if all(r["same"] for r in rs) else "NO"),
    ("others, cores", lambda rs: median(rs, "other_cores")),
)
QUERY = (
    ("requests/s", lambda rs: median(rs, "rps", 1, 0)), ("p50 ms", lambda rs: median(rs, "p50", 1e-3)), ("p99 ms", lambda rs: median(rs, "p99", 1e-3)),
    ("p99.9 ms", lambda rs: median(rs, "p999", 1e-3)), ("CPU s /100k", lambda rs: median(rs, "cpu_100k")),
    ("applied meanwhile, records/s", lambda rs: median(rs, "applied", 1, 0)), ("RSS MiB", lambda rs: median(rs, "rss_mib", 1, 0)),
)


def render(name, columns, rows):
    head = [name] + [c for c, _ in columns]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    by_name = groups(rows, (name,))
    for (who,), rs in sorted(by_name.items(), key=lambda x: statistics.median(r["cpu_100k"] for r in x[1])):
        lines.append("| " + " | ".join([who] + [cell(rs) for _, cell in columns]) + " |")
    return "\n".join(lines)


def ingress(rows):
    best = quietest(rows, ("mode", "load", "server", "round"))
    return "\n".join(f"\n{mode}, {load}\n\n{render('server', INGRESS, rs)}" for (mode, load), rs in groups(best, ("mode", "load")).items())


def consumer(rows):
    return "\n" + render("consumer", CONSUMER, [r for r in rows if "error" not in r])


def query(rows):
    done = groups([r for r in rows if "error" not in r], ("rate",))
    return "\n".join(f"\n{rate or 'as many as possible'} requests/s\n\n{render('database', QUERY, rs)}" for (rate,), rs in done.items())


if __name__ == "__main__":
    for file in sys.argv[1:]:
        with open(file) as f:
            lines = [json.loads(line) for line in f]
        newest = [r for r in lines if r["run"] == lines[-1]["run"]]
        print((ingress if "server" in lines[-1] else query if "database" in lines[-1] else consumer)(newest))
