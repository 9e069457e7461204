using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Cmud.Benchmarks.Convergence;

/// <summary>The pictures of a run, beside the page of figures.</summary>
internal static class Charts
{
    private const int Width = 900, Height = 480;

    /// <summary>Draws them into a directory; gives what links them, from the page above it.</summary>
    public static string Draw(string directory, IReadOnlyList<Figures> figures)
    {
        Directory.CreateDirectory(directory);
        Shown([.. figures.Where(static row => row.ShownMs.Length > 0)]).SaveSvg(Path.Combine(directory, "convergence-shown.svg"), Width, Height);
        Bytes([.. figures.Where(static row => row.Wanted > 0)]).SaveSvg(Path.Combine(directory, "convergence-bytes.svg"), Width, Height);
        return $"""
            ![Share of Puts that are shown everywhere, by time since their acknowledgement]({Path.GetFileName(directory)}/convergence-shown.svg)

            ![Bytes per Put to one remote server, by Puts a second]({Path.GetFileName(directory)}/convergence-bytes.svg)
            """;
    }

    private static Plot Shown(IReadOnlyList<Figures> figures)
    {
        var plot = new Plot();
        foreach (var row in figures)
        {
            double[] times = [.. row.ShownMs.Order()];
            var line = plot.Add.ScatterLine(times, [.. times.Select((_, i) => 100.0 * (i + 1) / times.Length)]);
            line.LegendText = string.Create(CultureInfo.InvariantCulture, $"{World(row)}, {(row.Wanted == 0 ? "probes alone" : $"{row.PutsPerS:N0} Puts/s")}");
        }

        plot.XLabel("milliseconds since the acknowledgement");
        plot.YLabel("% shown everywhere");
        plot.ShowLegend(Alignment.LowerRight);
        return plot;
    }

    private static Plot Bytes(IReadOnlyList<Figures> figures)
    {
        var plot = new Plot();
        foreach (var world in figures.GroupBy(World))
        {
            // The axis tells powers of ten: rates of 1 to 50,000 have no other common one.
            var line = plot.Add.Scatter(world.Select(static row => Math.Log10(row.PutsPerS)).ToArray(), world.Select(static row => row.BytesPerPut).ToArray());
            line.LegendText = world.Key;
        }

        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, LabelFormatter = static power => Math.Pow(10, power).ToString("N0", CultureInfo.InvariantCulture) };
        plot.XLabel("Puts a second");
        plot.YLabel("bytes per Put to one remote server");
        plot.Axes.SetLimitsY(0, figures.Count == 0 ? 1 : figures.Max(static row => row.BytesPerPut) * 1.1);
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static string World(Figures row) => string.Create(CultureInfo.InvariantCulture, $"{row.Servers} servers, {row.DelayMs} ms one way");
}
