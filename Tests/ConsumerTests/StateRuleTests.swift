import Consumer
import EventContract
import TestSupport
import Testing

/// The contract's rules one by one. Each case is applied in the order given, reversed, and in one batch.
@Suite("The rules of the state")
struct StateRuleTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let events: [CanonicalEvent]
        /// What is looked at of user `u1`, see `Summary`.
        let expected: String

        init(_ description: String, _ expected: String, _ events: () throws -> [CanonicalEvent]) {
            testDescription = description
            self.expected = expected
            do { self.events = try events() } catch { preconditionFailure("\(description): \(error)") }
        }
    }

    @Test("A rule holds in any order of arrival", arguments: Case.all, StoreKind.allCases)
    func rule(_ rule: Case, _ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        for batches in [rule.events.map { [$0] }, rule.events.reversed().map { [$0] }, [rule.events]] {
            try state.removeAll()
            for batch in batches { _ = try store.apply(batch) }
            #expect(try Summary.of("u1", in: state) == rule.expected)
        }
    }
}

/// One user in short: organization, state, user name, grants and access.
enum Summary {
    static func of(_ id: UTF8Text, in state: TemporaryState) throws -> String {
        guard let user = try state.reader().user(id) else { return "none" }
        let grants = user.visibleGrants.map { "\($0.id)\($0.isInactive ? "!" : "")\($0.roleKeys)" }
        let access = user.access.map {
            "\($0.orgID)/\($0.projectID):\($0.roleKeys.map(\.description).joined(separator: "+"))"
        }
        let metadata = user.visibleMetadata.map { "\($0.key)=\($0.value)" }
        let parts = ["\(user.orgID) \(user.state) \(user.username)"] + metadata + grants + access
        return parts.joined(separator: " ")
    }
}

extension StateRuleTests.Case {
    private typealias Make = EventMaker

    static let all = users + metadata + grants + access

    private static let users: [Self] = [
        .init("A user that was never created is none", "none") { [try Make.user("locked", "u1", 2, at: 1)] },
        .init("A later remove hides the user", "none") {
            [try Make.created("u1", 1, at: 1), try Make.user("removed", "u1", 2, at: 2)]
        },
        .init("A create above a remove is a rebirth; nothing from before shows", "o2 active u1-4") {
            [
                try Make.created("u1", 1, at: 1), try Make.user("locked", "u1", 2, at: 2),
                try Make.user("removed", "u1", 3, at: 3), try Make.created("u1", 4, at: 4, in: "o2"),
            ]
        },
        .init("Sequence decides inside an aggregate, not time", "o1 inactive u1-1") {
            [
                try Make.created("u1", 1, at: 9), try Make.user("locked", "u1", 2, at: 8),
                try Make.user("deactivated", "u1", 3, at: 7),
            ]
        },
        .init("A removed organization ends users created before it", "none") {
            [try Make.created("u1", 1, at: 1), try Make.organization("removed", "o1", 9, at: 2)]
        },
        .init("Adding the organization again does not bring them back", "none") {
            [
                try Make.created("u1", 1, at: 1), try Make.organization("removed", "o1", 9, at: 2),
                try Make.organization("added", "o1", 10, at: 3),
            ]
        },
        .init("A user created after the removal is there", "o1 active u1-1") {
            [
                try Make.organization("removed", "o1", 9, at: 2), try Make.organization("added", "o1", 10, at: 3),
                try Make.created("u1", 1, at: 4),
            ]
        },
        .init("At the same time, the organization's removal counts as older", "o1 active u1-1") {
            [try Make.created("u1", 1, at: 2), try Make.organization("removed", "o1", 9, at: 2)]
        },
    ]

    private static let metadata: [Self] = [
        .init("The newest value of a key counts, a removed one does not", "o1 active u1-1 a=Mg==") {
            [
                try Make.created("u1", 1, at: 1),
                try Make.user("metadata.set", "u1", 2, at: 2, ("key", "\"a\""), ("value", "\"MQ==\"")),
                try Make.user("metadata.set", "u1", 3, at: 2, ("key", "\"a\""), ("value", "\"Mg==\"")),
                try Make.user("metadata.set", "u1", 4, at: 2, ("key", "\"b\""), ("value", "\"MQ==\"")),
                try Make.user("metadata.removed", "u1", 5, at: 2, ("key", "\"b\"")),
            ]
        },
        .init("Clearing hides what was set before, and no more", "o1 active u1-1 b=MQ==") {
            [
                try Make.created("u1", 1, at: 1),
                try Make.user("metadata.set", "u1", 2, at: 2, ("key", "\"a\""), ("value", "\"MQ==\"")),
                try Make.user("metadata.removed.all", "u1", 3, at: 2),
                try Make.user("metadata.set", "u1", 4, at: 2, ("key", "\"b\""), ("value", "\"MQ==\"")),
            ]
        },
        .init("Metadata from before a rebirth does not show", "o1 active u1-4") {
            [
                try Make.created("u1", 1, at: 1),
                try Make.user("metadata.set", "u1", 2, at: 2, ("key", "\"a\""), ("value", "\"MQ==\"")),
                try Make.user("removed", "u1", 3, at: 3), try Make.created("u1", 4, at: 4),
            ]
        },
        .init("Canonically equal keys are two", "o1 active u1-1 e\u{301}=MQ== \u{e9}=Mg==") {
            [
                try Make.created("u1", 1, at: 1),
                try Make.user("metadata.set", "u1", 2, at: 2, ("key", "\"e\u{301}\""), ("value", "\"MQ==\"")),
                try Make.user("metadata.set", "u1", 3, at: 2, ("key", "\"\u{e9}\""), ("value", "\"Mg==\"")),
            ]
        },
    ]

    private static let grants: [Self] = [
        .init("Role keys are sorted and without doubles", "o1 active u1-1 g1[\"a\",\"b\"] o1/p1:a+b") {
            [try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "b", "a", "b", at: 2)]
        },
        .init("A removed grant is not listed", "o1 active u1-1") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.event("user.grant.removed", of: "usergrant", "g1", 2, at: 3, in: "o1", [("userId", "\"u1\"")]),
            ]
        },
        .init("An inactive grant is listed and gives nothing", "o1 active u1-1 g1![\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.event(
                    "user.grant.deactivated", of: "usergrant", "g1", 2, at: 3, in: "o1", [("userId", "\"u1\"")]),
            ]
        },
        .init("The user's removal ends older grants, also after a rebirth", "o1 active u1-3 g2[\"b\"] o1/p1:b") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.user("removed", "u1", 2, at: 3), try Make.created("u1", 3, at: 4),
                try Make.granted("g2", to: "u1", roles: "b", at: 5),
            ]
        },
    ]

    private static let access: [Self] = [
        .init("A locked user has no access", "o1 locked u1-1 g1[\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.user("locked", "u1", 2, at: 3),
            ]
        },
        .init("A grant of an inactive organization gives nothing", "o1 active u1-1 g1[\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2, in: "o2"),
                try Make.organization("deactivated", "o2", 2, at: 3),
            ]
        },
        .init("A removed organization ends older grants, also when added again", "o1 active u1-1 g1[\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2, in: "o2"),
                try Make.organization("removed", "o2", 2, at: 3), try Make.organization("added", "o2", 3, at: 4),
            ]
        },
        .init("A removed project ends older grants, also when created again", "o1 active u1-1 g1[\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.project("removed", "p1", 5, at: 3), try Make.project("added", "p1", 6, at: 4),
            ]
        },
        .init("The removal of its organization ends an older project", "o1 active u1-1 g1[\"a\"]") {
            [
                try Make.project("added", "p1", 1, at: 1, in: "o2"), try Make.created("u1", 1, at: 1),
                try Make.organization("removed", "o2", 2, at: 2), try Make.organization("added", "o2", 3, at: 3),
                try Make.granted("g1", to: "u1", roles: "a", at: 4),
            ]
        },
        .init(
            "The removal of a project's organization ends older grants, also when both come again",
            "o1 active u1-1 g1[\"a\"]"
        ) {
            [
                try Make.project("added", "p1", 1, at: 1, in: "o2"), try Make.created("u1", 1, at: 1),
                try Make.granted("g1", to: "u1", roles: "a", at: 2), try Make.organization("removed", "o2", 2, at: 3),
                try Make.organization("added", "o2", 3, at: 4), try Make.project("added", "p1", 2, at: 5, in: "o2"),
            ]
        },
        .init("A removed organization ends the project grants given to it", "o1 active u1-1 g1[\"b\"]") {
            [
                try Make.created("u1", 1, at: 9), try projectGrant("added", 2, at: 1, "[\"b\"]"),
                try Make.organization("removed", "o1", 2, at: 2), try Make.organization("added", "o1", 3, at: 3),
                try Make.granted("g1", to: "u1", roles: "b", at: 10, through: "pg"),
            ]
        },
        .init("An inactive project gives nothing", "o1 active u1-1 g1[\"a\"]") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2),
                try Make.project("deactivated", "p1", 2, at: 3),
            ]
        },
        .init(
            "A role key removed after the list was set is gone, added again or not",
            "o1 active u1-1 g1[\"a\",\"b\"] o1/p1:b"
        ) {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", "b", at: 2),
                try Make.project("role.removed", "p1", 5, at: 3, ("key", "\"a\"")),
                try Make.project("role.added", "p1", 6, at: 4, ("key", "\"a\"")),
            ]
        },
        .init("A list set after the removal counts in full", "o1 active u1-1 g1[\"a\"] o1/p1:a") {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "b", at: 2),
                try Make.project("role.removed", "p1", 5, at: 3, ("key", "\"a\"")),
                try Make.event(
                    "user.grant.changed", of: "usergrant", "g1", 2, at: 4, in: "o1",
                    [("userId", "\"u1\""), ("roleKeys", "[\"a\"]")]),
            ]
        },
        .init("Through a project grant that was never seen comes nothing", "o1 active u1-1 g1[\"a\"]") {
            [try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "a", at: 2, through: "pg")]
        },
        .init("A project grant limits the role keys", "o1 active u1-1 g1[\"a\",\"b\"] o1/p1:b") {
            [
                try projectGrant("added", 2, at: 1, "[\"b\",\"c\"]"), try Make.created("u1", 1, at: 1),
                try Make.granted("g1", to: "u1", roles: "a", "b", at: 2, through: "pg"),
            ]
        },
        .init("A removed project grant ends older grants, also when added again", "o1 active u1-1 g1[\"b\"]") {
            [
                try projectGrant("added", 2, at: 1, "[\"b\"]"), try Make.created("u1", 1, at: 1),
                try Make.granted("g1", to: "u1", roles: "b", at: 2, through: "pg"),
                try projectGrant("removed", 3, at: 3), try projectGrant("added", 4, at: 4, "[\"b\"]"),
            ]
        },
        .init("An inactive project grant gives nothing", "o1 active u1-1 g1[\"b\"]") {
            [
                try projectGrant("added", 2, at: 1, "[\"b\"]"), try Make.created("u1", 1, at: 1),
                try Make.granted("g1", to: "u1", roles: "b", at: 2, through: "pg"),
                try projectGrant("deactivated", 3, at: 3),
            ]
        },
        .init("A removed project takes its project grants with it", "o1 active u1-1 g1[\"b\"]") {
            [
                try projectGrant("added", 2, at: 1, "[\"b\"]"), try Make.created("u1", 1, at: 1),
                try Make.project("removed", "p1", 3, at: 2), try Make.project("added", "p1", 4, at: 3),
                try Make.granted("g1", to: "u1", roles: "b", at: 4, through: "pg"),
            ]
        },
        .init("Grants of one organization and project are merged", "o1 active u1-1 g1[\"b\"] g2[\"a\",\"b\"] o1/p1:a+b")
        {
            [
                try Make.created("u1", 1, at: 1), try Make.granted("g1", to: "u1", roles: "b", at: 2),
                try Make.granted("g2", to: "u1", roles: "a", "b", at: 3),
            ]
        },
    ]

    private static func projectGrant(
        _ type: String, _ sequence: Int, at second: Int, _ roleKeys: String = "[]"
    ) throws -> CanonicalEvent {
        try Make.project(
            "grant.\(type)", "p1", sequence, at: second, ("grantId", "\"pg\""), ("grantedOrgId", "\"o1\""),
            ("roleKeys", roleKeys))
    }
}
