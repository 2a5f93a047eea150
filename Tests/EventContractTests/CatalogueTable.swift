import EventContract
import Foundation

/// The table of docs/events.md: a row for each row of the catalogue.
enum CatalogueTable {
    static let path = "docs/events.md"
    private static let start = "<!-- The table is made from the catalogue by ./dev schemas. -->\n"
    private static let end = "<!-- End of the table. -->\n"

    /// The document with the table as it has to be; nil when the document has no place for it.
    static func placed(in document: String) -> String? {
        guard let head = document.range(of: start), let tail = document.range(of: end),
            head.upperBound <= tail.lowerBound
        else { return nil }
        return document[..<head.upperBound] + text + document[tail.lowerBound...]
    }

    private static var text: String {
        let head = ["| Zitadel's event | `type` | subject | `payload` |", "|---|---|---|---|"]
        return (head + Catalogue.rows.map(line)).map { $0 + "\n" }.joined()
    }

    private static func line(_ row: CatalogueRow) -> String {
        let events = row.events.map { "`\($0)`" }.joined(separator: ", ")
        let members = row.payload.map(member).joined(separator: ", ")
        return "| \(events) | `\(row.type.name)` | \(subject(row.aggregate)) | \(members.isEmpty ? "–" : members) |"
    }

    private static func subject(_ type: AggregateType) -> String {
        switch type {
        case .user, .userGrant: "user"
        case .organization: "organization"
        case .project: "project"
        }
    }

    private static func member(_ rule: PayloadRule) -> String {
        if let constant = rule.constant { return "`\(rule.field.name)` = `\(constant)`" }
        return "`\(rule.field.name)`" + (rule.isInEveryRecord ? "" : "?")
    }
}
