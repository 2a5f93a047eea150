import Foundation
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Simulator

@Suite("Events search")
struct EventSearchTests {
    private static let instant: Int64 = 1_767_323_045_678_901

    /// Each event a millisecond and a microsecond after the one before.
    private static func ticking() -> WallClock {
        let time = Counter(instant)
        return WallClock { time.next(by: 1001) }
    }

    @Test("An item has Zitadel's members: sequence as text, nested types, the editor's name, the payload with secrets")
    func item() async throws {
        try await withZitadel {
            $0.clock = WallClock { Self.instant }
        } _: { zitadel in
            try await zitadel.command([
                "event", "user.human.added", "user", "7", "--resource-owner", "8", "--payload",
                #"{"userName":"<a> & \"b\"","encodedHash":"h","expiry":259200000000000,"gender":1.0,"a":[true,null]}"#,
            ])
            let answer = try await zitadel.call("POST", "/admin/v1/events/_search", #"{"limit":1}"#)
            #expect(
                answer.body == #"{"events":[{"editor":{"userId":"280000000000000001","displayName":"Admin","#
                    + #""service":"zitadel"},"aggregate":{"id":"7","type":{"type":"user","localized":"#
                    + #"{"key":"AggregateTypes.user","localizedMessage":"User"}},"resourceOwner":"8"},"#
                    + #""sequence":"1","creationDate":"2026-01-02T03:04:05.678901Z","payload":{"a":[true,null],"#
                    + #""encodedHash":"h","expiry":259200000000000,"gender":1,"userName":"<a> & \"b\""},"#
                    + #""type":{"type":"user.human.added","localized":{"key":"EventTypes.user.human.added","#
                    + #""localizedMessage":"user.human.added"}}}]}"#)
            #expect(answer.headers["date"] != nil)
            try await zitadel.command(["event", "user.locked", "user", "7"])
            let second = try await zitadel.call("POST", "/admin/v1/events/_search", #"{"limit":1,"sequence":0}"#)
            #expect(!second.body.contains("payload"))
            #expect(!second.body.contains("resourceOwner"))
        }
    }

    @Test(
        "Dates have 0, 3 or 6 digits",
        arguments: [
            (1_767_323_045_000_000, "2026-01-02T03:04:05Z"), (1_767_323_045_600_000, "2026-01-02T03:04:05.600Z"),
            (1_767_323_045_678_900, "2026-01-02T03:04:05.678900Z"),
        ] as [(Int64, String)])
    func dates(microseconds: Int64, text: String) {
        #expect(ProtobufJSON.timestamp(microseconds) == text)
    }

    @Test("Numbers are doubles as Go writes them")
    func numbers() {
        let payload =
            #"{"b":1234567890123456789,"a":2.50,"c":1e3,"d":-0.5,"e":1e21,"f":9007199254740993,"g":1e-7}"#
        #expect(
            StructWriter.text(payload)
                == #"{"a":2.5,"b":1234567890123456800,"c":1000,"d":-0.5,"e":1e+21,"f":9007199254740992,"g":1e-7}"#
        )
    }

    @Test("An empty result is an empty object, and the newest event comes first unless asked otherwise")
    func order() async throws {
        try await withZitadel {
            $0.clock = Self.ticking()
        } _: { zitadel in
            #expect(try await zitadel.call("POST", "/admin/v1/events/_search", "{}").body == "{}")
            for id in ["1", "2", "3"] { try await zitadel.command(["event", "t", "a", id]) }
            #expect(try await zitadel.search("").map(\.aggregate.id) == ["3", "2", "1"])
            #expect(try await zitadel.search(#"{"asc":true}"#).map(\.aggregate.id) == ["1", "2", "3"])
            #expect(try await zitadel.search(#"{"asc":true,"limit":2}"#).map(\.aggregate.id) == ["1", "2"])
        }
    }

    @Test("Times are exclusive, `from` follows the direction, and 1970 counts as not sent")
    func times() async throws {
        try await withZitadel {
            $0.clock = Self.ticking()
        } _: { zitadel in
            for id in ["1", "2", "3", "4"] { try await zitadel.command(["event", "t", "a", id]) }
            let dates = try await zitadel.search(#"{"asc":true}"#).map(\.creationDate)
            func ids(_ body: String) async throws -> [String] { try await zitadel.search(body).map(\.aggregate.id) }
            #expect(try await ids(#"{"asc":true,"from":"\#(dates[1])"}"#) == ["3", "4"])
            #expect(try await ids(#"{"from":"\#(dates[2])"}"#) == ["2", "1"])
            #expect(try await ids(#"{"asc":true,"creation_date":"\#(dates[2])"}"#) == ["4"])
            #expect(
                try await ids(#"{"asc":true,"range":{"since":"\#(dates[0])","until":"\#(dates[3])"}}"#) == ["2", "3"])
            #expect(try await ids(#"{"range":{"until":"\#(dates[2])"}}"#) == ["2", "1"])
            #expect(try await ids(#"{"asc":true,"from":"1970-01-01T00:00:00Z"}"#) == ["1", "2", "3", "4"])
            let both = try await zitadel.call(
                "POST", "/admin/v1/events/_search", #"{"from":"\#(dates[0])","range":{"since":"\#(dates[0])"}}"#)
            #expect(both.status == 400)
        }
    }

    @Test("Filters combine; with one aggregate the order is that of its sequence")
    func filters() async throws {
        try await withZitadel {
            $0.clock = Self.ticking()
        } _: { zitadel in
            try await zitadel.command(["event", "user.locked", "user", "1", "--resource-owner", "o"])
            try await zitadel.command(["event", "user.unlocked", "user", "1"])
            try await zitadel.command(["event", "org.added", "org", "o", "--resource-owner", "o"])
            try await zitadel.command(["fault", "set", "--no-webhook", "SETUP"])
            try await zitadel.command(["event", "user.locked", "user", "2"])
            func ids(_ body: String) async throws -> [String] { try await zitadel.search(body).map(\.id) }
            #expect(try await ids(#"{"aggregateTypes":["org"]}"#) == ["org/o/1"])
            #expect(try await ids(#"{"eventTypes":["user.locked"],"asc":true}"#) == ["user/1/1", "user/2/1"])
            #expect(try await ids(#"{"event_types":["user.locked"],"resourceOwner":"o"}"#) == ["user/1/1"])
            #expect(try await ids(#"{"editorUserId":"SETUP"}"#) == ["user/2/1"])
            #expect(try await ids(#"{"aggregateId":"1"}"#) == ["user/1/2", "user/1/1"])
            #expect(try await ids(#"{"aggregateId":"1","asc":true,"sequence":"1"}"#) == ["user/1/2"])
            #expect(try await ids(#"{"sequence":2,"asc":true}"#) == [])
            #expect(try await ids(#"{"sequence":"2","aggregateTypes":["user"]}"#) == ["user/2/1", "user/1/1"])
        }
    }

    @Test("Too many types are refused, a limit above 1000 is 1000, unknown members are ignored")
    func limits() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(["bulk-users", "400", "--one-transaction"])
            for body in ["{}", #"{"limit":0}"#, #"{"limit":5000,"nonsense":{"a":1}}"#] {
                #expect(try await zitadel.search(body).count == 1000)
            }
            func status(_ name: String, _ count: Int) async throws -> Int {
                let types = (0..<count).map { "\"t\($0)\"" }.joined(separator: ",")
                return try await zitadel.call("POST", "/admin/v1/events/_search", "{\"\(name)\":[\(types)]}").status
            }
            #expect(try await status("eventTypes", 30) == 200)
            #expect(try await status("eventTypes", 31) == 400)
            #expect(try await status("aggregateTypes", 10) == 200)
            #expect(try await status("aggregateTypes", 11) == 400)
            for body in ["nonsense", "[]", #"{"limit":-1}"#, #"{"from":"yesterday"}"#, #"{"eventTypes":"a"}"#] {
                let answer = try await zitadel.call("POST", "/admin/v1/events/_search", body)
                #expect(answer.status == 400)
                #expect(answer.body.hasPrefix(#"{"code":3,"#))
            }
        }
    }

    @Test("One transaction has one creation date, larger than any page")
    func equalTimes() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(["bulk-users", "500", "--one-transaction"])
            let page = try await zitadel.search(#"{"asc":true,"aggregateTypes":["user"]}"#)
            #expect(page.count == 1000)
            #expect(Set(page.map(\.creationDate)).count == 1)
            let next = try await zitadel.search(
                #"{"asc":true,"aggregateTypes":["user"],"from":"\#(page[0].creationDate)"}"#)
            #expect(next.isEmpty)
        }
    }

    @Test("Paging by time visits every event of a long history once")
    func paging() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(["bulk-users", "1200", "--created-at", "1767323045000000", "--spacing", "1500"])
            var seen: Set<String> = []
            var from = "1970-01-01T00:00:00Z"
            while true {
                let body = #"{"asc":true,"limit":900,"eventTypes":["user.human.added"],"from":"\#(from)"}"#
                let page = try await zitadel.search(body)
                seen.formUnion(page.map(\.id))
                guard page.count == 900, let last = page.last else { break }
                from = last.creationDate
            }
            #expect(seen.count == 1200)
        }
    }

    @Test("A page deep in a long history costs no more than one at its start")
    func cost() throws {
        var store = EventStore()
        for number in 0..<20_000 {
            let aggregate = Aggregate(type: "user", id: "\(number)", resourceOwner: "1")
            _ = try store.push([NewEvent(aggregate: aggregate, type: "t")], createdAt: Int64(number + 1), editor: "1")
        }
        func time(from: Int) throws -> Duration {
            let message = RequestMessage([
                "asc": .bool(true), "from": .string(ProtobufJSON.timestamp(Int64(from))),
            ])
            let query = try EventQuery(message)
            return ContinuousClock().measure { for _ in 0..<20 { #expect(store.search(query).count == 1000) } }
        }
        _ = try time(from: 10)
        #expect(try time(from: 18_000) < (try time(from: 10)) * 5)
    }
}

/// Numbers that grow by each call.
final class Counter: Sendable {
    private let value: Mutex<Int64>

    init(_ start: Int64) {
        value = Mutex(start)
    }

    func next(by step: Int64) -> Int64 {
        value.withLock { value in
            defer { value += step }
            return value
        }
    }
}
