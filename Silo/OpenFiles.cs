using System.Globalization;

namespace Cmud.Silo;

/// <summary>How many files and sockets this process may have open.</summary>
internal static class OpenFiles
{
    private const string Limits = "/proc/self/limits", Row = "Max open files";

    /// <summary>The hard limit, to which .NET raises the soft one; as good as none where the system does not tell.</summary>
    public static int Limit { get; } = Read();

    private static int Read()
    {
        if (!File.Exists(Limits)) return int.MaxValue;

        // "Max open files            1024                 1048576              files": soft, then hard.
        var row = File.ReadLines(Limits).FirstOrDefault(static line => line.StartsWith(Row, StringComparison.Ordinal));
        var columns = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return columns is [_, var hard, ..] && int.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
