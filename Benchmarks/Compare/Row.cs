using System.Globalization;

namespace Cmud.Benchmarks.Compare;

/// <summary>One figure of several servers, ours first.</summary>
/// <param name="what">What is measured.</param>
/// <param name="unit">Of the figure.</param>
/// <param name="better">Which is better.</param>
/// <param name="columns">Who is measured.</param>
internal sealed class Row(string what, string unit, Row.Better better, IReadOnlyList<Row.Column> columns)
{
    /// <summary>Far off is what reaches less than this share of what was reached before.</summary>
    private const double Half = 0.5;

    private readonly List<double?[]> _rounds = [];

    /// <summary>Which of two figures is better.</summary>
    public enum Better
    {
        Less,
        More,
    }

    /// <summary>The round before, for people who wait.</summary>
    public string Latest => string.Create(CultureInfo.InvariantCulture, $"{what}, {unit}: {string.Join(", ", columns.Select((column, i) => $"{column.Who} {_rounds[^1][i]:0.#}"))}");

    /// <summary>Who is measured, ours first.</summary>
    public IEnumerable<string> Names => columns.Select(static column => column.Who);

    /// <summary>One sentence for each ratio that is far worse than the one that was recorded last.</summary>
    /// <param name="recorded">The lines of the table as it stands in the documents.</param>
    public IEnumerable<string> FarOff(IReadOnlyList<string> recorded)
    {
        var line = recorded.FirstOrDefault(line => line.StartsWith($"| {Title} |", StringComparison.Ordinal))?.Split('|').Select(static cell => cell.Trim()).ToArray();
        for (var i = 1; i < columns.Count; i++)
        {
            // An empty cell, what, our figure, and then three cells for each: figure, ratio, target.
            if (Ratio(i) is not { } ratio || line is null || line.Length <= (3 * i) + 1 || !double.TryParse(line[(3 * i) + 1], CultureInfo.InvariantCulture, out var before)) continue;
            if (better == Better.More ? ratio < before * Half : ratio > before / Half) yield return Text($"{Title}: {ratio:0.00} of {columns[i].Who}, which is far worse than the {before:0.00} of docs/performance.md.");
        }
    }

    /// <summary>Measures each in turn.</summary>
    public async Task MeasureAsync()
    {
        var figures = new double?[columns.Count];
        for (var i = 0; i < figures.Length; i++)
        {
            if (columns[i].MeasureAsync is { } measure) figures[i] = await measure();
        }

        _rounds.Add(figures);
    }

    /// <summary>A row of the table.</summary>
    public string ToMarkdown()
    {
        var cells = new List<string> { Title, Figure(0) };
        for (var i = 1; i < columns.Count; i++)
        {
            var sign = better == Better.More ? ">=" : "<=";
            cells.AddRange([Figure(i), Ratio(i) is { } ratio ? Text($"{ratio:0.00}") : "", columns[i].Target is { } target ? Text($"{sign} {target:0.0#}") : ""]);
        }

        return $"| {string.Join(" | ", cells)} |";
    }

    private string Title => $"{what} ({unit})";

    private string Figure(int column) => Median(column) is { } median ? Text($"{median:N0} ({columns[column].How})") : "";

    private double? Median(int column) => Median(_rounds.Select(round => round[column]));

    /// <summary>Ours to theirs.</summary>
    private double? Ratio(int column) => Median(_rounds.Select(round => round[0] / round[column]));

    private static double? Median(IEnumerable<double?> figures)
    {
        var sorted = figures.OfType<double>().Order().ToArray();
        return sorted.Length == 0 ? null : sorted[sorted.Length / 2];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Who is measured.</summary>
    /// <param name="Who">Its name.</param>
    /// <param name="How">What load it was given.</param>
    /// <param name="MeasureAsync">Measures; null where it is not installed.</param>
    /// <param name="Target">Of the ratio of ours to it; null where there is none.</param>
    public sealed record Column(string Who, string How, Func<Task<double>>? MeasureAsync, double? Target);
}
