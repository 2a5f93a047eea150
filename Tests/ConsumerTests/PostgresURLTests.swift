import Consumer
import TestSupport
import Testing

@Suite("The URL of a PostgreSQL state")
struct PostgresURLTests {
    @Test(
        "It prints as user, host and database",
        arguments: [
            ("postgresql://app@db:5433/scope?sslmode=verify-full", "postgresql://app@db:5433/scope"),
            ("postgresql://app:canary@db/scope", "postgresql://app@db/scope"),
            (
                "postgresql://app:can%40ary%2F@a:1,b:2/scope?target_session_attrs=read-write",
                "postgresql://app@a,b:1,2/scope"
            ),
            ("postgresql://app@[2001:db8::1]:5432/scope", "postgresql://app@2001:db8::1:5432/scope"),
            ("postgresql://app@/scope?host=/run/postgresql", "postgresql://app@/run/postgresql/scope"),
            ("postgresql://app@%2Frun%2Fpostgresql/scope", "postgresql://app@/run/postgresql/scope"),
        ])
    func place(_ url: String, _ place: String) throws {
        let parsed = try PostgresURL(url)
        #expect(parsed.place == place)
        var dump = ""
        Swift.dump(StateLocation.postgres(parsed), to: &dump)
        for text in ["\(parsed)", String(reflecting: parsed), "\(StateLocation.postgres(parsed))", dump] {
            #expect(!text.contains("canary") && !text.contains("can@ary"), "\(text)")
            #expect(text.contains(place))
        }
    }

    @Test(
        "What could be the rest of a password is refused and not repeated",
        arguments: [
            "postgresql://app:can/ary@db/scope", "postgresql://app:can?ary@db/scope", "postgresql://app:canary",
            "postgresql://app:can@ary@db/scope", "postgresql://app:can#ary@db/scope?x=1@2",
            "postgresql://app@db/scope?password=canary", "postgresql://app@db/scope?sslpassword=canary",
            "postgresql://app@db/scope?canary=1", "postgresql://app:canary@db/scope?sslmod=require",
            "postgresql://app:canary@db:port/scope", "postgresql://app:canary%zz@db/scope",
            "mysql://app:canary@db/scope",
        ])
    func refused(_ url: String) throws {
        #expect {
            try StateLocation(url: url)
        } throws: { error in
            guard let fault = error as? PostgresURL.Fault else { return false }
            return !fault.reason.contains("can") || !fault.reason.contains("ary")
        }
    }
}
