import EventContract
import Foundation
import TestSupport
import Testing

@testable import Consumer

@Suite("The query API and the export")
struct QueryAgreementTests {
    struct Line: Decodable {
        struct Access: Decodable {
            let orgId: String
            let projectId: String
            let roleKeys: [String]
        }
        let userId: String
        let orgId: String
        let username: String
        let access: [Access]
    }

    private static let roles = ["a", "b", "r\u{f4}", "ro\u{302}"]

    @Test("Whatever happened, both say the same of every user, role and list", arguments: StoreKind.allCases)
    func agree(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        let reader = try state.reader()
        var allowed = 0
        for seed in 0..<UInt64(kind == .sqlite ? 150 : 15) {
            try state.removeAll()
            _ = try store.apply(RandomHistory(seed: seed, count: 40 + Int(seed % 3) * 30).events)
            let text = try state.export()
            let lines = text.split(separator: "\n").map(String.init)
            let users = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            let answers = QueryAnswers(reader: reader, groupsKey: "groups")
            for user in ["u1", "u2", "u3", "u4"] {
                let index = users.firstIndex { $0.userId == user }
                #expect(try answers.text(.user(UTF8Text(user))) == index.map { lines[$0] })
                let expected = index.map { users[$0] }
                allowed += try Self.expectChecks(user, expected, answers, seed)
                #expect(try answers.explained(user) == answers.checked(user), "seed \(seed)")
            }
            try Self.expectLists(lines, users, answers)
        }
        #expect(allowed >= 10, "the histories reach what they are about")
    }

    private static func expectChecks(_ user: String, _ line: Line?, _ answers: QueryAnswers, _ seed: UInt64) throws
        -> Int
    {
        var allowed = 0
        for project in ["p1", "p2"] {
            for role in roles {
                for org in [nil, "o1", "o2", "o3"] {
                    let expected = line?.access.contains { entry in
                        entry.projectId == project && (org == nil || entry.orgId == org)
                            && entry.roleKeys.contains { UTF8Text($0) == UTF8Text(role) }
                    }
                    let found = try answers.text(
                        .check(
                            user: UTF8Text(user), project: UTF8Text(project), role: UTF8Text(role),
                            org: org.map { UTF8Text($0) }))
                    #expect(found == "{\"allowed\":\(expected ?? false)}", "seed \(seed): \(user) \(project) \(role)")
                    if expected == true { allowed += 1 }
                }
            }
        }
        return allowed
    }

    private static func expectLists(_ lines: [String], _ users: [Line], _ answers: QueryAnswers) throws {
        #expect(try answers.pages(UserFilter(limit: 1)) == lines)
        #expect(try answers.pages(UserFilter(limit: 2)) == lines)
        for org in ["o1", "o2"] {
            let expected = zip(lines, users).filter { $0.1.orgId == org }.map(\.0)
            #expect(try answers.pages(UserFilter(orgID: UTF8Text(org), limit: 1)) == expected)
        }
        for name in Set(users.map(\.username)) {
            let expected = zip(lines, users).filter { $0.1.username == name }.map(\.0)
            #expect(try answers.pages(UserFilter(username: UTF8Text(name))) == expected)
        }
    }

    @Test(
        "Groups are those that visible users claim, page by page, with all their members", arguments: StoreKind.allCases
    )
    func groups(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        var events: [CanonicalEvent] = []
        for number in 10..<40 {
            let groups = "[\"all\",\"g\(number % 7)\",{\"id\":\"n\(number)\",\"displayName\":\"N\"}]"
            let value = EventMaker.quoted(Data(groups.utf8).base64EncodedString())
            events.append(try EventMaker.created("u\(number)", 1, at: 1, in: number == 13 ? "o9" : "o1"))
            events.append(
                try EventMaker.user("metadata.set", "u\(number)", 2, at: 2, ("key", "\"groups\""), ("value", value)))
        }
        events.append(try EventMaker.user("removed", "u10", 3, at: 3))
        events.append(try EventMaker.user("metadata.removed.all", "u11", 3, at: 3))
        events.append(try EventMaker.user("metadata.removed", "u12", 3, at: 3, ("key", "\"groups\"")))
        events.append(try EventMaker.organization("removed", "o9", 1, at: 3))
        _ = try store.apply(events)
        let reader = try state.reader()

        var found: [String] = []
        var after: UTF8Text?
        repeat {
            let page = try reader.groups(key: "groups", after: after, limit: 2)
            #expect(page.elements.count <= 2)
            found += page.elements.map { "\($0.id)/\($0.displayName)=\($0.members)" }
            after = page.next
        } while after != nil
        let own = (14..<40).map { "n\($0)/N=1" }
        let remainders = (0..<7).map { rest in "g\(rest)/g\(rest)=\((14..<40).count { $0 % 7 == rest })" }
        #expect(found == ["all/all=26"] + remainders + own)

        let answers = QueryAnswers(reader: reader, groupsKey: "groups")
        let members = try answers.pages(UserFilter(groupID: "g3", limit: 2))
        #expect(members.count == (14..<40).count { $0 % 7 == 3 })
        #expect(try answers.pages(UserFilter(orgID: "o2", groupID: "g3")) == [])
        #expect(try answers.text(.members(UserFilter(groupID: "g9"))) == "{\"members\":[]}")
    }
}

extension QueryAnswers {
    /// The document; nil when there is a problem instead.
    fileprivate func text(_ query: Query) throws -> String? {
        switch try answer(query) {
        case .success(let bytes): String(decoding: bytes, as: UTF8.self)
        case .failure: nil
        }
    }

    /// The users of all pages, as lines of the export.
    fileprivate func pages(_ filter: UserFilter) throws -> [String] {
        var filter = filter
        var lines: [String] = []
        repeat {
            let page = try reader.users(filter, groupsKey: groupsKey)
            #expect(page.elements.count <= filter.limit)
            for user in page.elements {
                var writer = JSONWriter()
                user.write(to: &writer, groups: user.groups(key: groupsKey))
                lines.append(String(decoding: writer.bytes, as: UTF8.self))
            }
            filter.after = page.next
        } while filter.after != nil
        return lines
    }

    private static let asked = [("p1", "a"), ("p1", "b"), ("p2", "a"), ("p2", "r\u{f4}")]

    fileprivate func checked(_ user: String) throws -> [Bool] {
        try Self.asked.map { project, role in
            try reader.user(UTF8Text(user))?.hasRole(UTF8Text(role), project: UTF8Text(project), org: nil) ?? false
        }
    }

    fileprivate func explained(_ user: String) throws -> [Bool] {
        try Self.asked.map { project, role in
            try reader.explanation(user: UTF8Text(user), project: UTF8Text(project), role: UTF8Text(role), org: nil)
                .isAllowed
        }
    }
}
