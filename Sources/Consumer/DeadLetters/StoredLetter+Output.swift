extension Collection<StoredLetter> {
    /// A line a letter. Values are never in it.
    var table: String {
        var table = TextTable(["LETTER", "SET ASIDE AT", "ORIGIN", "ATTEMPTS", "DONE", "KEY", "REASON"])
        for letter in self {
            table.add([
                "\(letter.place)", printable(letter.header(.setAsideAt) ?? "-", sizeMax: 30),
                printable(letter.origin ?? "-", sizeMax: 80), "\(letter.attempts)", letter.isDone ? "yes" : "no",
                letter.key.map { printable($0, sizeMax: 40) } ?? "(null)",
                printable(letter.reason ?? "-", sizeMax: 120),
            ])
        }
        return table.text
    }
}

extension StoredLetter {
    /// For a person, a line a fact.
    func details(withValue: Bool) -> String {
        var lines = [
            "letter    \(place)", "origin    \(printable(origin ?? "-"))", "reason    \(printable(reason ?? "-"))",
            "attempts  \(attempts)", "redriven  \(printable(redrivenAt ?? "no"))",
            "key       \(key.map { printable($0) } ?? "(null)")",
            "value     \(value.map { "\($0.count) bytes" } ?? "(null)")",
        ]
        lines += headers.map { "header    \(printable($0.name)): \(printable($0.value))" }
        if withValue, let value {
            lines += ["", "its value, which can hold anything, personal data and secrets too:", printable(value)]
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
