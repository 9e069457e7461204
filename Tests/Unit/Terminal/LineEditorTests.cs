using Cmud.App.Play;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

public class LineEditorTests
{
    /// <summary>What joins with its neighbours in every way that Unicode knows.</summary>
    private static readonly string[] Pieces = ["a", " ", "\u0301", "\u4E2D", "\U0001F469", "\u200D", "\U0001F1EB", "\U0001F1EE", "\uFE0F", "\u1100", "\u1161"];

    private readonly LineEditor _editor = new();

    [Theory]
    // Keys in words, the line after them with the cursor as |.
    [InlineData("abc", "abc|")]
    [InlineData("abc <Left> <Left> x", "ax|bc")]
    [InlineData("abc <Home> x", "x|abc")]
    [InlineData("abc <Home> <End> x", "abcx|")]
    [InlineData("abc <Left> <Backspace>", "a|c")]
    [InlineData("abc <Home> <Backspace>", "|abc")]
    [InlineData("abc <Home> <Delete>", "|bc")]
    [InlineData("abc <Delete>", "abc|")]
    [InlineData("abc <Left> <Right> <Right> d", "abcd|")]
    [InlineData("abc <Left> <CutToEnd>", "ab|")]
    [InlineData("abc <Left> <CutToStart>", "|c")]
    [InlineData("say_hello_there <CutWord>", "say hello |")]
    [InlineData("say_hello__ <CutWord>", "say |")]
    [InlineData("say_hello <Left> <Left> <CutWord>", "say |lo")]
    [InlineData("abc <Home> <EndOfInput>", "|bc")]
    [InlineData("say_hello_there <WordLeft> <WordLeft> x", "say x|hello there")]
    [InlineData("say_hello_there <Home> <WordRight> <WordRight> x", "say hellox| there")]
    [InlineData("say_hello <CutWord> <Home> <Yank>", "hello|say ")]
    [InlineData("abc <Left> <CutToEnd> <Yank> <Yank>", "abcc|")]
    // A key moves over and deletes what is seen as one character.
    [InlineData("a\u4E2D\u6587 <Left> <Backspace>", "a|\u6587")]
    [InlineData("e\u0301 <Backspace>", "|")]
    [InlineData("xe\u0301y <Left> <Left> z", "xz|e\u0301y")]
    [InlineData("\U0001F469\u200D\U0001F4BB <Left> a", "a|\U0001F469\u200D\U0001F4BB")]
    [InlineData("\U0001F44D\U0001F3FD! <Left> <Backspace>", "|!")]
    public void Keys_edit_the_line(string keys, string expected)
    {
        Type(keys);

        Assert.Equal(expected, Shown);
    }

    [Fact]
    public void Enter_gives_the_line_and_begins_a_new_one()
    {
        Type("mine 5");

        Assert.Equal(EditorAnswer.Entered, _editor.Press(new(KeyKind.Enter)));
        Assert.Equal("mine5", _editor.TakeLine(secret: false));
        Assert.Equal("|", Shown);
    }

    [Fact]
    public void Up_and_down_walk_the_history_and_bring_the_draft_back()
    {
        Enter("look", "mine", "mine", " ");
        Type("dra");

        Assert.Equal(["mine|", "look|", "look|", "mine|", "dra|", "dra|"], Shows("Up", "Up", "Up", "Down", "Down", "Down"));
    }

    [Fact]
    public void A_secret_is_not_in_the_history()
    {
        Enter("look");
        Type("hunter2");
        _editor.TakeLine(secret: true);

        Assert.Equal(["look|", "look|"], Shows("Up", "Up"));
    }

    [Fact]
    public void The_history_keeps_the_last_200_lines()
    {
        Enter([.. Enumerable.Range(1, 250).Select(static i => $"{i}")]);

        Assert.Equal("51|", Shows([.. Enumerable.Repeat("Up", 300)])[^1]);
    }

    [Fact]
    public void A_line_too_long_refuses_what_would_not_fit()
    {
        Type(new string('x', LineEditor.MaxLength));

        Assert.Equal(EditorAnswer.Refused, _editor.Press(Key.Of("y")));
        Assert.Equal(LineEditor.MaxLength, _editor.Text.Length);
    }

    [Fact]
    public void Ctrl_D_leaves_only_on_an_empty_line()
    {
        Type("a");
        Assert.NotEqual(EditorAnswer.EndsInput, _editor.Press(new(KeyKind.EndOfInput)));

        Type("<Backspace>");
        Assert.Equal(EditorAnswer.EndsInput, _editor.Press(new(KeyKind.EndOfInput)));
    }

    [Theory]
    // The line, the candidates, the line after Tab, what is listed.
    [InlineData("buy_l", "laptop", "buy laptop |", "")]
    [InlineData("b", "buy,brief,bank", "b|", "buy,brief,bank")]
    [InlineData("te", "tell,television", "tel|", "tell,television")]
    [InlineData("tell_HEA", "Heather", "tell Heather |", "")]
    [InlineData("x", "", "x|", "")]
    [InlineData("buy_", "laptop,GPU_rig", "buy |", "laptop,GPU_rig")]
    [InlineData("tell_bo_hi <Left> <Left> <Left> <Left>", "Bob", "tell Bob |o hi", "")]
    [InlineData("tell_b_hi <Left> <Left> <Left>", "Bob", "tell Bob| hi", "")]
    public void Tab_completes_as_far_as_the_candidates_agree(string keys, string candidates, string expected, string listed)
    {
        Type(keys);

        var left = _editor.Complete([.. candidates.Split(',', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(expected, Shown);
        Assert.Equal(listed, string.Join(',', left));
    }

    [Fact]
    public void No_keys_tear_a_character_or_leave_the_line()
    {
        var text = Gen.Int[0, Pieces.Length - 1].Select(static i => Key.Of(Pieces[i]));
        var move = Gen.Enum<KeyKind>().Where(static kind => kind != KeyKind.Text).Select(static kind => new Key(kind));
        Gen.OneOf(text, move).Array[0, 30].Sample(keys =>
        {
            var editor = new LineEditor();
            foreach (var key in keys)
            {
                if (editor.Press(key) == EditorAnswer.Entered) editor.TakeLine(secret: false);
                Assert.InRange(editor.Cursor, 0, editor.Text.Length);
                Assert.Contains(editor.Cursor, Boundaries(editor.Text));
            }
        });
    }

    private static IEnumerable<int> Boundaries(string text)
    {
        var at = 0;
        for (; at < text.Length; at += CellWidth.LengthAfter(text, at)) yield return at;
        yield return at;
    }

    private string Shown => _editor.Text.Insert(_editor.Cursor, "|");

    private string[] Shows(params string[] kinds) => [.. kinds.Select(kind =>
    {
        _editor.Press(new(Enum.Parse<KeyKind>(kind)));
        return Shown;
    })];

    private void Enter(params string[] lines)
    {
        foreach (var line in lines)
        {
            foreach (var c in line) _editor.Press(Key.Of(c.ToString()));
            _editor.TakeLine(secret: false);
        }
    }

    /// <summary>Types words; keys stand as &lt;Left&gt;, a space as _.</summary>
    private void Type(string keys)
    {
        foreach (var word in keys.Split(' '))
        {
            if (word.StartsWith('<')) _editor.Press(new(Enum.Parse<KeyKind>(word[1..^1])));
            else foreach (var rune in word.Replace('_', ' ').EnumerateRunes()) _editor.Press(Key.Of(rune.ToString()));
        }
    }
}
