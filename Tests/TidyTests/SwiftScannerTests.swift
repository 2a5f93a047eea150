import Testing

@Suite("The scanner behind the style rules")
struct SwiftScannerTests {
    @Test(
        "Comments and the text of strings are blanked, interpolated code stays",
        arguments: [
            ("a // { b\nc", "a       \nc"),
            ("a /* { /* } */ { */ b", "a                   b"),
            ("f(\"{ \\\" }\")", "f(\"      \")"),
            ("f(\"x\\(g(\"y\"))z\")", "f(\" \\(g(\" \")) \")"),
            ("f(#\"a\"b\\(c)\"#)", "f(#\"       \"#)"),
            ("f(#\"a\\#(b)\"#)", "f(#\" \\#(b)\"#)"),
            ("f(\"\"\"\n a \"b\" {\n \"\"\")", "f(\"\"\"\n        \n \"\"\")"),
            ("let a = \"unterminated\nlet b = 1", "let a = \"            \nlet b = 1"),
            ("\"http://x\" + y // z", "\"        \" + y     "),
        ])
    func blanking(_ source: String, _ code: String) {
        #expect(String(decoding: SwiftScanner(source).code, as: UTF8.self) == code)
    }

    @Test(
        "The length of a function is counted from its keyword to its closing brace",
        arguments: [
            ("func f() {}", [FunctionLength(line: 1, count: 1)]),
            ("\nfunc f(\n    a: Int = { 1 }()\n) {\n}\n", [FunctionLength(line: 2, count: 4)]),
            ("struct S {\n    init() {\n        \"}\"\n    }\n}", [FunctionLength(line: 2, count: 3)]),
            ("protocol P {\n    func f()\n    func g() -> Int\n}\nextension P {}", []),
            ("protocol P { func f() }\nstruct S {\n}", []),
            ("func f() {\n    // }\n    self.init()\n    x.init(a) { 1 }\n}", [FunctionLength(line: 1, count: 5)]),
            ("func f<T>() throws(E) -> [T]\nwhere T: P {\n}", [FunctionLength(line: 1, count: 3)]),
            (
                "func f() {\n    func g() {\n    }\n}",
                [FunctionLength(line: 1, count: 4), FunctionLength(line: 2, count: 2)]
            ),
            ("subscript(i: Int) -> Int {\n    get { 1 }\n}", [FunctionLength(line: 1, count: 3)]),
        ])
    func lengths(_ source: String, _ lengths: [FunctionLength]) {
        #expect(SwiftScanner(source).functionLengths() == lengths)
    }
}
