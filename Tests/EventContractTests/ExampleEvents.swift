import EventContract
import Foundation

/// An event for each of Zitadel's event types, as a webhook body, with members that a subscriber may meet.
struct ExampleEvents {
    /// The user of the grant, for the events that name none.
    static let users: [UTF8Text: UTF8Text] = [UTF8Text(id(.userGrant)): UTF8Text(id(.user))]

    private var sequences: [AggregateType: Int] = [:]
    private var seconds = 0

    /// Every event type with all its members; where members may be missing, the first of a row also without them.
    static var bodies: [[UInt8]] {
        var events = ExampleEvents()
        return Catalogue.rows.flatMap { row -> [[UInt8]] in
            let full = row.events.map { events.body($0, row, row.payload) }
            let least = row.payload.filter { $0.isIdentifying }
            let sent = least.isEmpty && row.emptyIsIncomplete ? Array(row.payload.prefix(1)) : least
            return sent.count == row.payload.count
                ? full : full + [events.body(row.events[0], row, sent, isLeast: true)]
        }
    }

    private mutating func body(
        _ event: StaticString, _ row: CatalogueRow, _ rules: [PayloadRule], isLeast: Bool = false
    ) -> [UInt8] {
        sequences[row.aggregate, default: 0] += 1
        seconds += 1
        let members = rules.compactMap { Self.member($0, row) }.joined(separator: ",")
        let owner = row.aggregate == .organization ? Self.id(.organization) : "300000000000000001"
        let optional = isLeast ? "" : "\"resourceOwner\":\"\(owner)\",\"userID\":\"280000000000000001\","
        let time = "2026-01-02T03:\(Self.twoDigits(seconds / 60)):\(Self.twoDigits(seconds % 60)).678901Z"
        return Array(
            """
            {"aggregateID":"\(Self.id(row.aggregate))","aggregateType":"\(row.aggregate.name)",\(optional)\
            "instanceID":"290000000000000001","version":"v1","sequence":\(sequences[row.aggregate] ?? 0),\
            "event_type":"\(event)","created_at":"\(time)","event_payload":{\(members)}}
            """.utf8)
    }

    private static func member(_ rule: PayloadRule, _ row: CatalogueRow) -> String? {
        switch rule.source {
        case .text(let name, _): "\"\(name)\":\"\(text(rule.field, row))\""
        case .gender: "\"gender\":1"
        case .roleKeys: "\"roleKeys\":[\"editor\",\"reader\"]"
        case .grantee: "\"userId\":\"\(id(.user))\""
        case .constantText, .constantFlag: nil
        }
    }

    private static func text(_ field: PayloadField, _ row: CatalogueRow) -> String {
        switch field {
        case .username: "ada"
        case .firstName: "Ada"
        case .lastName: "Lovelace"
        case .nickName: "Countess"
        case .displayName: row.aggregate == .project ? "Editor" : "Ada Lovelace"
        case .preferredLanguage: "en"
        case .email: "ada@example.com"
        case .phone: "+442071234567"
        case .name: row.aggregate == .user ? "Exporter" : row.aggregate == .organization ? "Acme" : "Portal"
        case .description: "Exports the monthly reports"
        case .key: row.aggregate == .user ? "groups" : "editor"
        case .value: "WyJhZG1pbnMiXQ=="
        case .userID: id(.user)
        case .projectID: id(.project)
        case .projectGrantID: "340000000000000001"
        case .grantedOrgID: "300000000000000002"
        case .domain: "acme.example.com"
        case .group: "Editing"
        case .kind, .selfRegistered, .gender, .roleKeys, .cascade: ""
        }
    }

    private static func id(_ type: AggregateType) -> String {
        switch type {
        case .user: "310000000000000001"
        case .userGrant: "320000000000000001"
        case .organization: "300000000000000001"
        case .project: "330000000000000001"
        }
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension PayloadRule {
    fileprivate var isIdentifying: Bool {
        guard case .text(_, isRequired: true) = source else { return false }
        return true
    }
}
