using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Makes a program of C# source, as `dotnet run` would, but in a second.</summary>
internal static class ProgramOf
{
    /// <summary>Compiles it beside a path; gives what `dotnet` is to be started with.</summary>
    public static string Source(string source, string beside)
    {
        var library = Path.ChangeExtension(beside, "dll");
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)).Select(static path => MetadataReference.CreateFromFile(path));
        var program = CSharpCompilation.Create("example", [CSharpSyntaxTree.ParseText(source)], references, new(OutputKind.ConsoleApplication));
        var emitted = program.Emit(library);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));

        File.WriteAllText(Path.ChangeExtension(beside, "runtimeconfig.json"), """{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"10.0.0"}}}""");
        return library;
    }
}
