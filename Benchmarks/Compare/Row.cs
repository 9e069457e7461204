using System.Globalization;

namespace Cmud.Benchmarks.Compare;

/// <summary>One figure of several servers, ours first.</summary>
/// <param name="what">What is measured.</param>
/// <param name="unit">Of the figure.</param>
/// <param name="better">Which is better.</param>
/// <param name="columns">Who is measured.</param>
internal sealed class Row(string what, string unit, Row.Better better, IReadOnlyList<Row.Column> columns)
{
    /// <summary>Far off is what reaches less than this of a target.</summary>
    private const double FarOff = 0.5;

    private readonly List<double?[]> _rounds = [];

    /// <summary>Which of two figures is better.</summary>
    public enum Better
    {
        Less,
        More,
    }

    /// <summary>The round before, for people who wait.</summary>
    public string Latest => string.Create(CultureInfo.InvariantCulture, $"{what}, {unit}: {string.Join(", ", columns.Select((column, i) => $"{column.Who} {_rounds[^1][i]:0.#}"))}");

    /// <summary>Whether no ratio is far off its target.</summary>
    public bool IsMet => Enumerable.Range(1, columns.Count - 1).All(i =>
        columns[i].Target is not { } target || Ratio(i) is not { } ratio || (better == Better.More ? ratio >= target * FarOff : ratio <= target / FarOff));

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
        var cells = new List<string> { $"{what} ({unit})", Figure(0) };
        for (var i = 1; i < columns.Count; i++)
        {
            var sign = better == Better.More ? ">=" : "<=";
            cells.AddRange([Figure(i), Ratio(i) is { } ratio ? Text($"{ratio:0.00}") : "", columns[i].Target is { } target ? Text($"{sign} {target:0.0}") : ""]);
        }

        while (cells.Count < 8) cells.Add("");
        return $"| {string.Join(" | ", cells)} |";
    }

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
