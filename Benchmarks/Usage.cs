namespace Cmud.Benchmarks;

/// <summary>What this program can do.</summary>
internal static class Usage
{
    public const string Text = """
        dotnet run -c Release --project Benchmarks -- VERB

          load --server HOST:PORT --op get|put|mixed|list   a load on a running server, which keeps the keys
          compare [--rounds 3] [--seconds 4]                our server beside those of others, into docs/performance.md
          compare --smoke                                   a quick one, held against what stands there; 1 where a ratio is far worse
          convergence [--servers 2,4] [--delay 0,250]       until a write is shown everywhere, into docs/performance.md
          grains [--seconds 5]                              one query grain and two, without clients, into docs/performance.md
          memory [--keys 1000000]                           resident memory beside that of others, into docs/performance.md
          durability DIR                                    Puts with and without fsync, and the disk's own fdatasync
          journal DIR                                       the journal by itself
          --filter '*'                                      the pure core, with BenchmarkDotNet

        docs/testing.md tells more.
        """;
}
