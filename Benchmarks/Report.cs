namespace Cmud.Benchmarks;

/// <summary>The page of figures. Between &lt;!-- NAME --&gt; and &lt;!-- /NAME --&gt; stands what a verb measured.</summary>
/// <param name="Path">Where it is.</param>
internal sealed record Report(string Path)
{
    /// <summary>The page of the project that this was started in; null elsewhere.</summary>
    public static Report? Find()
    {
        for (var directory = new DirectoryInfo(Environment.CurrentDirectory); directory is not null; directory = directory.Parent)
        {
            var path = System.IO.Path.Combine(directory.FullName, "docs", "performance.md");
            if (File.Exists(path)) return new(path);
        }

        return null;
    }

    /// <summary>What a verb measured before, line by line.</summary>
    public IReadOnlyList<string> Read(string name)
    {
        var (page, from, to) = Place(name);
        return page[from..to].Split('\n');
    }

    /// <summary>Puts text in place of what a verb measured before.</summary>
    public void Replace(string name, string text)
    {
        var (page, from, to) = Place(name);
        File.WriteAllText(Path, $"{page[..from]}{text}\n{page[to..]}");
    }

    /// <summary>The page, and where in it stands what a verb measured.</summary>
    private (string Page, int From, int To) Place(string name)
    {
        var (page, begin, end) = (File.ReadAllText(Path), $"<!-- {name} -->\n", $"<!-- /{name} -->");
        var (from, to) = (page.IndexOf(begin, StringComparison.Ordinal), page.IndexOf(end, StringComparison.Ordinal));
        return from >= 0 && to >= from
            ? (page, from + begin.Length, to)
            : throw new InvalidOperationException($"{Path} has no place for {name}: a line {begin.Trim()}, and a later one {end}.");
    }
}
