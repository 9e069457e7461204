using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>The examples of docs/gateways.md, run as they stand there.</summary>
internal static class DocExample
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The first example of a language that speaks of a port, for another port.</summary>
    public static async Task<string> Read(string language, string port, int instead)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "gateways.md"));
        var example = Regex.Matches(page, $"```{language}\n(.*?)\n```", RegexOptions.Singleline).Select(static match => match.Groups[1].Value).FirstOrDefault(text => text.Contains(port, StringComparison.Ordinal));
        Assert.NotNull(example);
        return example.Replace(port, $"{instead}", StringComparison.Ordinal);
    }

    /// <summary>Each command after a dollar, with the lines that follow it.</summary>
    public static IEnumerable<(string Command, string Answer)> Conversation(string example) =>
        example.Split("$ ", StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split('\n', 2)).Select(static part => (part[0], part.ElementAtOrDefault(1)?.TrimEnd() ?? ""));

    /// <summary>What a program is to print: what stands behind the comments at the ends of its lines.</summary>
    /// <param name="example">The program.</param>
    /// <param name="comment">How a comment begins.</param>
    public static string Said(string example, string comment) =>
        string.Join('\n', example.Split('\n').Where(line => line.Contains($" {comment} ", StringComparison.Ordinal)).Select(line => line.Split($" {comment} ")[1]));

    /// <summary>Runs a program to its good end; gives all that it printed.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NODE_PATH"] = NodeFactAttribute.Modules;
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        var all = await said + await errors;
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {all}");
        return all.TrimEnd();
    }
}
