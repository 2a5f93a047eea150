// C++ floor for Kafka -> SQLite: rd_kafka_consume_batch_queue, simdjson, prepared statements, one transaction per batch.
// The same tables, guard and records as consumer.py, applied record by record.
#include <librdkafka/rdkafka.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
using sv = std::string_view;
static const char *env(const char *k, const char *d) { const char *v = getenv(k); return v && *v ? v : d; }
static void set(rd_kafka_conf_t *c, const char *k, const char *v) { char e[256]; if (rd_kafka_conf_set(c, k, v, e, sizeof e)) { fprintf(stderr, "%s\n", e); exit(1); } }
static sqlite3 *db;
static void ex(const char *q) { char *e; if (sqlite3_exec(db, q, 0, 0, &e)) { fprintf(stderr, "%s: %s\n", q, e); exit(1); } }
static sqlite3_stmt *prepare(const char *q) { sqlite3_stmt *s; if (sqlite3_prepare_v2(db, q, -1, &s, 0)) { fprintf(stderr, "%s\n", sqlite3_errmsg(db)); exit(1); } return s; }
static void text(sqlite3_stmt *s, int i, const simdjson::dom::object &o, const char *k) { sv v; if (o[k].get(v)) sqlite3_bind_null(s, i); else sqlite3_bind_text(s, i, v.data(), (int)v.size(), SQLITE_STATIC); }
static void text(sqlite3_stmt *s, int i, sv v) { sqlite3_bind_text(s, i, v.data(), (int)v.size(), SQLITE_STATIC); }
static void step(sqlite3_stmt *s) { if (sqlite3_step(s) != SQLITE_DONE) { fprintf(stderr, "%s\n", sqlite3_errmsg(db)); exit(1); } sqlite3_reset(s); }
static double cpu() { rusage u; getrusage(RUSAGE_SELF, &u); return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6; }
static double now() { timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static const char *columns[] = {"username", "firstName", "lastName", "nickName", "displayName", "preferredLanguage", "gender", "email", "phone"};
int main(int, char **argv) {
    long count = atol(env("COUNT", "100000")); size_t batch = atol(env("BATCH", "1000")); char e[256];
    sqlite3_open(argv[1], &db); ex("pragma journal_mode=wal"); ex("pragma synchronous=full"); ex("pragma cache_size=-65536");
    ex("create table if not exists users(id text not null, sequence bigint not null, username text, first_name text, last_name text, nick_name text, display_name text, preferred_language text, gender text, "
       "email text, phone text, org text, primary key (id))");
    ex("create table if not exists metadata(user_id text not null, key text not null, sequence bigint not null, value text, primary key (user_id, key))");
    ex("create table if not exists grants(id text not null, sequence bigint not null, user_id text, project_id text, project_grant_id text, role_keys text, org text, primary key (id))");
    std::string u = "insert into users values(?,?,?,?,?,?,?,?,?,?,?,?) on conflict(id) do update set sequence=excluded.sequence";
    for (const char *c : {"username", "first_name", "last_name", "nick_name", "display_name", "preferred_language", "gender", "email", "phone", "org"}) u += std::string(", ") + c + "=coalesce(excluded." + c + ", users." + c + ")";
    sqlite3_stmt *user = prepare((u + " where excluded.sequence > users.sequence").c_str());
    sqlite3_stmt *meta = prepare("insert into metadata values(?,?,?,?) on conflict(user_id, key) do update set sequence=excluded.sequence, value=excluded.value where excluded.sequence > metadata.sequence");
    sqlite3_stmt *grant = prepare("insert into grants values(?,?,?,?,?,?,?) on conflict(id) do update set sequence=excluded.sequence, user_id=excluded.user_id, project_id=excluded.project_id, "
                                  "project_grant_id=excluded.project_grant_id, role_keys=excluded.role_keys, org=excluded.org where excluded.sequence > grants.sequence");
    rd_kafka_conf_t *c = rd_kafka_conf_new(); set(c, "bootstrap.servers", env("BOOTSTRAP", "")); set(c, "group.id", env("GROUP", "c")); set(c, "auto.offset.reset", "earliest");
    set(c, "enable.auto.commit", "false"); set(c, "queued.min.messages", "100000"); set(c, "fetch.wait.max.ms", "10");
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, c, e, sizeof e); rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *tl = rd_kafka_topic_partition_list_new(1); rd_kafka_topic_partition_list_add(tl, env("TOPIC", "zitadel.events.v1"), RD_KAFKA_PARTITION_UA); rd_kafka_subscribe(rk, tl);
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(rk); std::vector<rd_kafka_message_t *> ms(batch);
    simdjson::dom::parser p; long n = 0; double t0 = 0, c0 = 0; std::string roles;
    while (n < count) {
        ssize_t k = rd_kafka_consume_batch_queue(q, 200, ms.data(), batch); if (k <= 0) continue;
        if (!t0) { t0 = now(); c0 = cpu(); }
        ex("begin immediate");
        for (ssize_t i = 0; i < k; i++) {
            rd_kafka_message_t *m = ms[i]; if (m->err) { rd_kafka_message_destroy(m); continue; }
            simdjson::dom::object d = p.parse((const char *)m->payload, m->len), data = d["data"], a = data["aggregate"], x = data["payload"];
            sv type = d["type"], subject = d["subject"]; int64_t seq = a["sequence"];
            if (type == "zitadel.user.metadata.set") { text(meta, 1, subject); text(meta, 2, x, "key"); sqlite3_bind_int64(meta, 3, seq); text(meta, 4, x, "value"); step(meta); }
            else if (type == "zitadel.user.grant.added") {
                simdjson::dom::element r; roles = x["roleKeys"].get(r) ? "[]" : simdjson::minify(r);
                text(grant, 1, a, "id"); sqlite3_bind_int64(grant, 2, seq); text(grant, 3, subject); text(grant, 4, x, "projectId"); text(grant, 5, x, "projectGrantId"); text(grant, 6, roles); text(grant, 7, a, "resourceOwner"); step(grant);
            } else if (type == "zitadel.user.created" || type == "zitadel.user.profile.updated" || type == "zitadel.user.username.changed") {
                text(user, 1, subject); sqlite3_bind_int64(user, 2, seq); for (int j = 0; j < 9; j++) text(user, 3 + j, x, columns[j]); text(user, 12, a, "resourceOwner"); step(user);
            }
            n++; rd_kafka_message_destroy(m);
        }
        ex("commit"); rd_kafka_commit(rk, NULL, 1);
    }
    double t = now() - t0, used = cpu() - c0; rusage ru; getrusage(RUSAGE_SELF, &ru);
    printf("JSON {\"seconds\":%.4f,\"records_per_second\":%.1f,\"cpu_100k\":%.4f,\"rss_mib\":%.1f}\n", t, n / t, used / n * 1e5, ru.ru_maxrss / 1024.0);
    fflush(stdout); rd_kafka_commit(rk, NULL, 0); sqlite3_close_v2(db); _exit(0);
}
