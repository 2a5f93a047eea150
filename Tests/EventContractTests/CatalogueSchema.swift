import EventContract

/// What the catalogue says, in the words of `schemas/event/v1.schema.json`, without descriptions.
enum CatalogueSchema {
    /// The entry of `$defs` for the `data` of a type: one shape for each row, told apart by Zitadel's event types.
    static func data(of type: CanonicalType) -> [String: Any] {
        let shapes = Catalogue.rows.filter { $0.type == type }.map(shape)
        return shapes.count == 1 ? shapes[0] : ["oneOf": shapes]
    }

    /// What follows from a type.
    static func binding(of type: CanonicalType) -> [String: Any] {
        let aggregate = Catalogue.rows.first { $0.type == type }?.aggregate.name ?? ""
        return [
            "if": ["properties": ["type": ["const": "\(type.name)"]]],
            "then": ["properties": ["id": ["pattern": "^\(aggregate)/"], "data": ["$ref": "#/$defs/\(type.name)"]]],
        ]
    }

    /// The names of everything that has a definition.
    static var definitions: Set<String> {
        var names = Set(CanonicalType.allCases.map { "\($0.name)" })
        names.formUnion(AggregateType.allCases.map { "aggregate.\($0.name)" })
        for rule in Catalogue.rows.flatMap(\.payload) where rule.constant == nil { names.insert(rule.definition) }
        return names
    }

    private static func shape(_ row: CatalogueRow) -> [String: Any] {
        [
            "properties": [
                "event": ["enum": row.events.map { "\($0)" }],
                "aggregate": ["$ref": "#/$defs/aggregate.\(row.aggregate.name)"],
                "payload": payload(row.payload),
            ]
        ]
    }

    private static func payload(_ rules: [PayloadRule]) -> [String: Any] {
        var schema: [String: Any] = ["type": "object", "additionalProperties": false]
        var properties: [String: Any] = [:]
        for rule in rules {
            properties["\(rule.field.name)"] =
                rule.constant.map { ["const": $0] } ?? ["$ref": "#/$defs/\(rule.definition)"]
        }
        let required = rules.filter(\.isInEveryRecord).map { "\($0.field.name)" }
        if !properties.isEmpty { schema["properties"] = properties }
        if !required.isEmpty { schema["required"] = required }
        return schema
    }
}

extension PayloadRule {
    fileprivate var definition: String { "member.\(field.name)" }

    var constant: Any? {
        switch source {
        case .constantText(let text): "\(text)"
        case .constantFlag(let flag): flag
        default: nil
        }
    }

    var isInEveryRecord: Bool {
        switch source {
        case .text(_, let isRequired): isRequired
        case .gender: false
        case .roleKeys, .constantText, .constantFlag, .grantee: true
        }
    }
}
